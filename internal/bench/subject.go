package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"csl/internal/graph"
	"csl/internal/model"
)

// subject is what is measured: the phases of a step. The first one runs the machine.
type subject struct {
	machine  *graph.Machine
	phases   []phase
	consumer phase // what becomes of the values that the machine's plan has consumed; it runs in the first phase
}

// phase is a part of a step.
type phase struct {
	name  string
	bytes int64 // read and written, roughly; for phases outside the machine
	run   func() error
}

// step does everything once, unless ctx has ended.
func (s *subject) step(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range s.phases {
		if err := s.phases[i].run(); err != nil {
			return fmt.Errorf("%s: %w", s.phases[i].name, err)
		}
	}
	return nil
}

// seed is that of all random numbers here.
const seed = 1

// newSubject prepares what o asks for.
func newSubject(be graph.Host, o Options) (*subject, error) {
	if o.Mode == Train {
		t, err := newTrainer(be, o)
		if err != nil {
			return nil, err
		}
		return t.subject(), nil
	}
	w, err := randomWeights(o)
	if err != nil {
		return nil, err
	}
	nets := model.NewNets(be, w, nil, nil)
	w.Release(o.Garbage) // as csl infer does
	net, err := nets.Infer(o.Batch, o.Size, o.Size)
	if err != nil {
		return nil, err
	}
	randomImages(net.Input())
	return &subject{machine: net.Machine(), phases: []phase{{name: "net", run: net.Run}}}, nil
}

func randomWeights(o Options) (*model.Weights, error) {
	spec, err := model.Lookup(o.Model)
	if err != nil {
		return nil, err
	}
	spec.NumClasses = o.Classes
	w, err := model.NewWeights(spec)
	if err != nil {
		return nil, err
	}
	w.Init(seed)
	return w, nil
}

func randomImages(pix []float32) {
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range pix {
		pix[i] = random.Float32()
	}
}
