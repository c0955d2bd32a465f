package bench

import (
	"fmt"

	"csl/internal/memory"
	"csl/internal/model"
)

// fits refuses what this machine lacks memory for, before anything is allocated.
func fits(o Options) error {
	spec, err := model.Lookup(o.Model)
	if err != nil {
		return err
	}
	spec.NumClasses = o.Classes
	values, err := model.Values(spec)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("a batch of %d images of %dx%d", o.Batch, o.Size, o.Size)
	batch, side := int64(o.Batch), int64(o.Size)
	for _, least := range []int64{memory.Product(batch, side, side, model.MinPixelBytes), memory.Product(batch, int64(o.Classes), 4)} {
		if err := memory.Need(what+" needs at least", least); err != nil {
			return err // planning it could overflow
		}
	}
	copies := int64(1)
	var lf model.LossFunc
	if o.Mode == Train {
		copies = 3 // with the moments
		if o.EMA {
			copies++
		}
		if lf, err = selectiveLoss(o.Classes); err != nil {
			return err
		}
	}
	run, err := model.RunBytes(spec, model.Options{Batch: o.Batch, Height: o.Size, Width: o.Size}, lf)
	if err != nil {
		return err
	}
	return memory.Need(fmt.Sprintf("%s with %s needs", what, o.Model), run+4*copies*values)
}
