package train

import (
	"context"

	"csl/internal/images/loader"
	"csl/internal/predict"
)

// addParts scores the batch of this rank and adds those of all ranks, in the order of their images, on rank 0: the
// metrics there are those of one process. All ranks stop at the same round.
func (v *validating) addParts(ctx context.Context, all []candidate, b *loader.Batch) error {
	if err := v.stops.poll(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return v.ranks.shared(err)
	}
	sets := make([][]float32, len(all))
	if b.N > 0 {
		for i, c := range all {
			s, err := c.score(b, v.set)
			if err != nil {
				return err
			}
			sets[i] = s.Scores
		}
	}
	classes := v.set.NumClasses()
	samples, sets, err := predict.Gather(v.ranks.group, classes, b.Samples, sets...)
	if err != nil || len(samples) == 0 {
		return err
	}
	names, states := make([]string, len(samples)), make([]int8, len(samples)*classes)
	for i, n := range samples {
		names[i] = v.set.ImageName(n)
		v.set.Row(n, states[i*classes:(i+1)*classes])
	}
	for i, c := range all {
		if err := c.acc.Add(names, sets[i], states); err != nil {
			return err
		}
	}
	return nil
}
