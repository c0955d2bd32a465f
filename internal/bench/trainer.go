package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"csl/internal/graph"
	"csl/internal/loss"
	"csl/internal/loss/lossgraph"
	"csl/internal/model"
	"csl/internal/optim"
)

// trainer takes training steps as package train does, always on the same batch.
type trainer struct {
	net *model.TrainNet
	opt *optim.Optimizer
	ema *optim.EMA // nil without

	params  int            // in numbers
	running []*model.Param // running statistics
	average [][]float32    // of those; nil without EMA
	apply   model.ApplyFunc
}

// lr and beta1 are those of every step: the published peak and Adam's usual one.
const (
	lr    = 2e-4
	beta1 = 0.9
)

func newTrainer(be graph.Host, o Options) (*trainer, error) {
	w, err := randomWeights(o)
	if err != nil {
		return nil, err
	}
	lf, err := selectiveLoss(o.Classes)
	if err != nil {
		return nil, err
	}
	cfg := optim.Defaults()
	if !o.EMA {
		cfg.EMA = nil
	}
	t := &trainer{ema: cfg.EMA}
	t.apply = func(i int, grad []float32) error { return t.opt.Apply(be.Pool(), i, grad) }
	var params []optim.Param
	for _, p := range w.Params() {
		params = append(params, optim.Param{Name: p.Name, Data: p.Data, Decay: p.Decay})
		t.params += len(p.Data)
	}
	if t.opt, err = optim.New(cfg, be.Kernels(), params); err != nil {
		return nil, err
	}
	for _, p := range w.Buffers() {
		if t.running = append(t.running, p); t.ema != nil {
			t.average = append(t.average, slices.Clone(p.Data))
		}
	}
	if t.net, err = model.NewTrainNet(be, w, model.Options{Batch: o.Batch, Height: o.Size, Width: o.Size}, lf); err != nil {
		return nil, err
	}
	randomImages(t.net.Input())
	randomLabels(t.net.Labels())
	return t, nil
}

// subject is the trainer's step in phases. The weights change within the backward pass.
func (t *trainer) subject() *subject {
	// Adam reads weight, gradient and two moments and writes all but the gradient.
	adam := phase{name: "adam", bytes: 4 * 7 * int64(t.params)}
	if t.ema != nil {
		adam.name, adam.bytes = "adam with ema", 4*9*int64(t.params)
	}
	return &subject{machine: t.net.Machine(), consumer: adam, phases: []phase{
		{name: "net", run: t.learn},
		{name: "running statistics", run: t.statistics},
	}}
}

// selectiveLoss is the loss of the published selective recipe, with a class prior whose gate is in
// use.
func selectiveLoss(classes int) (model.LossFunc, error) {
	c := loss.Defaults()
	c.Mode, c.GammaPos, c.GammaNeg, c.GammaUnann, c.PriorThreshold = loss.Selective, 0, 3, 4, 0.5
	prior := make([]float32, classes)
	random := rand.New(rand.NewPCG(seed, 2))
	for i := range prior {
		prior[i] = random.Float32() * random.Float32()
	}
	return lossgraph.Build(c, prior)
}

// randomLabels fills in labels as partially annotated sets have them: most are unknown.
func randomLabels(labels []float32) {
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range labels {
		switch u := random.Float32(); {
		case u < 0.02:
			labels[i] = 1
		case u < 0.10:
			labels[i] = 0
		default:
			labels[i] = -1
		}
	}
}

// learn computes loss and gradients and applies them.
func (t *trainer) learn() error {
	if err := t.net.Forward(); err != nil {
		return err
	}
	terms, err := t.net.LossTerms()
	if err != nil {
		return err
	}
	if total := terms[loss.TermTotal]; math.IsNaN(total) || math.IsInf(total, 0) {
		return fmt.Errorf("the loss is %v", total)
	}
	t.opt.Begin(lr, beta1)
	return t.net.Backward(t.apply)
}

// statistics moves the running statistics and their average.
func (t *trainer) statistics() error {
	if err := t.net.UpdateRunning(); err != nil {
		return err
	}
	for i, avg := range t.average {
		t.ema.Update(t.opt.Steps(), avg, t.running[i].Data)
	}
	return nil
}
