package train

import (
	"math"
	"slices"

	"csl/internal/graph"
	"csl/internal/loss"
	"csl/internal/model"
	"csl/internal/optim"
	"csl/internal/pictures"
)

// learner turns batches into better weights: network, loss, gradients, optimizer, average.
type learner struct {
	be      *graph.CPU
	size    int // side of the input
	weights *model.Weights
	average *model.Weights // EMA; nil without
	nets    *model.Nets
	opt     *optim.Optimizer
	cycle   optim.OneCycle
	ema     *optim.EMA
	grads   [][]float32     // of the step: the net's own, or sums where batches are accumulated
	sums    [][]float32     // nil where every batch is a step
	prior   []float32       // that the loss asks; nil without
	logits  []float32       // of the last batch, valid until the next
	last    *model.TrainNet // of the last batch; nil before the first
}

// newLearner builds the optimizer for weights. cycleSteps is the length of the whole schedule.
func newLearner(be *graph.CPU, w *model.Weights, lf model.LossFunc, o optim.Config, cycle optim.OneCycle, size, accumulate int) (*learner, error) {
	l := &learner{be: be, size: size, weights: w, cycle: cycle, ema: o.EMA}
	var averages []*model.Param
	if o.EMA != nil {
		l.average = w.Clone()
		averages = l.average.Params()
	}
	var params []optim.Param
	for i, p := range w.Params() {
		op := optim.Param{Name: p.Name, Data: p.Data, Decay: p.Decay}
		if averages != nil {
			op.Average = averages[i].Data
		}
		params = append(params, op)
		if accumulate > 1 {
			l.sums = append(l.sums, make([]float32, len(p.Data)))
		}
	}
	var err error
	if l.opt, err = optim.New(o, params); err != nil {
		return nil, err
	}
	l.nets = model.NewNets(be, w, lf, nil)
	return l, nil
}

// errNonFinite is a result that is NaN or infinite.
type errNonFinite struct {
	what  string // "loss"
	fault graph.Fault
}

func (e errNonFinite) Error() string {
	return e.what + " is not a finite number, first in " + e.fault.String()
}

// gradients computes loss and gradients of the n-th batch of a step and moves the running
// statistics.
func (l *learner) gradients(b *pictures.Batch, n int) (loss.Parts, error) {
	net, err := l.nets.Train(b.N, l.size, l.size)
	if err != nil {
		return loss.Parts{}, err
	}
	copy(net.Input(), b.Pix)
	for i, v := range b.States {
		net.Labels()[i] = float32(v)
	}
	l.last = net
	parts, err := run(net)
	if err != nil {
		return parts, err
	}
	if l.logits, err = net.Logits(); err != nil {
		return parts, err
	}
	if err := net.UpdateRunning(); err != nil {
		return parts, err
	}
	return parts, l.collect(net, n)
}

// run computes the loss of the batch in net.
func run(net *model.TrainNet) (loss.Parts, error) {
	if err := net.Run(); err != nil {
		return loss.Parts{}, err
	}
	vector, err := net.LossParts()
	if err != nil {
		return loss.Parts{}, err
	}
	parts := loss.PartsOf(vector)
	if math.IsNaN(parts.Total) || math.IsInf(parts.Total, 0) {
		return parts, locate(net)
	}
	return parts, nil
}

// locate finds where the values of the last run left the finite numbers.
func locate(net *model.TrainNet) error {
	fault, ok, err := net.FirstNonFinite()
	if err != nil {
		return err
	}
	if !ok {
		fault = graph.Fault{Kind: "sum", Layer: "loss"}
	}
	return errNonFinite{"loss", fault}
}

// check makes sure that the run can go on from here: weights and average are finite, and so is the
// loss that the weights give for the last batch. It changes nothing but the results of the last run.
func (l *learner) check() error {
	for _, w := range []*model.Weights{l.weights, l.average} {
		if w == nil {
			continue
		}
		for _, p := range slices.Concat(w.Params(), w.Buffers()) {
			for _, v := range p.Data {
				if v-v != 0 {
					return errNonFinite{"weight", graph.Fault{Kind: "weights", Layer: p.Name}}
				}
			}
		}
	}
	if l.last == nil {
		return nil
	}
	_, err := run(l.last)
	return err
}

// collect takes the gradients of the n-th batch of a step.
func (l *learner) collect(net *model.TrainNet, n int) error {
	grads, err := net.Grads()
	if err != nil {
		return err
	}
	if l.sums == nil {
		l.grads = grads
		return nil
	}
	l.grads = l.sums
	for i, g := range grads {
		if n == 0 {
			copy(l.sums[i], g)
			continue
		}
		for j, v := range g {
			l.sums[i][j] += v
		}
	}
	return nil
}

// update makes the step number step, counted from 0, with the collected gradients, and moves the
// average.
func (l *learner) update(step int) (lr, beta1 float64, err error) {
	lr, beta1 = l.cycle.At(step)
	if err := l.opt.Step(l.be.Pool(), lr, beta1, l.grads); err != nil {
		return lr, beta1, err
	}
	if l.average == nil {
		return lr, beta1, nil
	}
	to, from := l.average.Buffers(), l.weights.Buffers()
	for i := range to {
		l.ema.Update(l.opt.Steps(), to[i].Data, from[i].Data)
	}
	return lr, beta1, nil
}
