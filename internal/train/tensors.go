package train

import (
	"context"
	"errors"
	"fmt"
	"io"

	"csl/internal/checkpoint"
	"csl/internal/model"
	"csl/internal/optim"
	"csl/internal/safefile"
)

// files are the tensors of a saved state, and the cells that the loss turned.
func (s *stepper) files() []safefile.Part {
	files := []safefile.Part{
		tensorsFile(weightsFile, checkpoint.Tensors(s.weights)),
		tensorsFile(momentsFile, s.moments()),
	}
	if s.average != nil {
		files = append(files, tensorsFile(averageFile, checkpoint.Tensors(s.average)))
	}
	return append(files, s.turned.files()...)
}

func tensorsFile(name string, tensors []checkpoint.Out) safefile.Part {
	return safefile.Part{Name: name, Write: func(w io.Writer) error {
		return checkpoint.WriteSafetensors(w, tensors, nil)
	}}
}

// moments lists the optimizer's state for writing.
func (s *stepper) moments() []checkpoint.Out {
	var out []checkpoint.Out
	for _, x := range s.opt.State() {
		if x.Kind != optim.SlotEMA { // the average has another file
			out = append(out, checkpoint.FloatOut(slotName(x), x.Data, len(x.Data)))
		}
	}
	return out
}

func slotName(s optim.Slot) string { return s.Param + "#" + s.Kind }

// restore takes the tensors of a saved state after that many steps.
func (s *stepper) restore(ctx context.Context, g *safefile.Generation, steps int) error {
	if err := readWeights(ctx, g.Path(weightsFile), s.weights); err != nil {
		return err
	}
	s.opt.SetSteps(steps)
	if err := s.turned.restore(g); err != nil {
		return err
	}
	if err := s.readMoments(g.Path(momentsFile)); err != nil || s.average == nil {
		return err
	}
	return readWeights(ctx, g.Path(averageFile), s.average)
}

// readMoments fills the optimizer's state.
func (s *stepper) readMoments(path string) (err error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, x := range s.opt.State() {
		if x.Kind == optim.SlotEMA {
			continue
		}
		tensor, ok := f.Tensor(slotName(x))
		if !ok {
			return fmt.Errorf("%q has no %q", f.Path, slotName(x))
		}
		if err := tensor.ReadFloat32s(x.Data); err != nil {
			return err
		}
	}
	return nil
}

// readWeights fills w from a file of csl.
func readWeights(ctx context.Context, path string, w *model.Weights) error {
	f, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	sd, err := checkpoint.Interpret(f)
	if err == nil {
		_, err = sd.Load(ctx, w, checkpoint.LoadOptions{})
	}
	return errors.Join(err, f.Close())
}
