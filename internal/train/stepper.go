package train

import (
	"math"
	"slices"

	"csl/internal/graph"
	"csl/internal/images/loader"
	"csl/internal/loss"
	"csl/internal/loss/lossgraph"
	"csl/internal/model"
	"csl/internal/optim"
)

// stepper turns batches into better weights: network, loss, gradients, optimizer, average.
type stepper struct {
	be       graph.Host
	size     int // side of the input
	weights  *model.Weights
	average  *model.Weights // EMA; nil without
	running  []*model.Param // running statistics
	averages []*model.Param // of those; nil without EMA
	nets     *model.Nets
	opt      *optim.Optimizer
	cycle    optim.OneCycle
	ema      *optim.EMA
	sums     [][]float32     // of the gradients of a step's batches; nil where every batch is a step
	course   *loss.Course    // where the run is, for the loss
	outside  *outside        // scores of another model; nil without
	turned   *turned         // by the loss; nil where it turns none
	prior    []float32       // that the loss asks; nil without
	logits   []float32       // of the last batch, valid until the next
	last     *model.TrainNet // of the last batch; nil before the first
	ranks    *ranks
	sharer   graph.Sharer // of norms that take the whole batch; nil: that of this rank
	part     int          // images of a full batch that are learnt from here
	buckets  buckets      // where gradients wait for those of other ranks
	tally    tally        // what else is added up over the ranks
	stop     func() bool  // tells whether this rank is asked to stop
	stopping bool         // a rank is asked to, as all know since the last step
	params   int          // elements of all gradients

	change, first, add, send model.ApplyFunc // the methods, made once

	loss     model.LossFunc
	rollback rollback
	slow     bool // steps are interruptible
	stepping bool // a step is being computed, of its batches the one with number batch
	batch    int
	checking bool // not interruptible
}

// newStepper builds the optimizer for weights. cycleSteps is the length of the whole schedule.
func newStepper(be graph.Host, w *model.Weights, bound loss.Bound, o optim.Config, cycle optim.OneCycle, size, accumulate int, r *ranks) (*stepper, error) {
	course := &loss.Course{}
	bound = bound.During(course)
	if !r.alone() {
		bound = bound.Over(r)
	}
	s := &stepper{be: be, loss: lossgraph.Adding(bound), course: course, size: size, weights: w, running: w.Buffers(), cycle: cycle, ema: o.EMA, ranks: r}
	s.buckets = buckets{group: r.group, length: bucketLen}
	s.stop = func() bool { return false }
	var averages []*model.Param
	if o.EMA != nil {
		s.average = w.Clone()
		averages, s.averages = s.average.Params(), s.average.Buffers()
	}
	var params []optim.Param
	for i, p := range w.Params() {
		op := optim.Param{Name: p.Name, Data: p.Data, Decay: p.Decay}
		if averages != nil {
			op.Average = averages[i].Data
		}
		params = append(params, op)
		s.params += len(p.Data)
		if accumulate > 1 {
			s.sums = append(s.sums, make([]float32, len(p.Data)))
		}
	}
	var err error
	if s.opt, err = optim.New(o, be.Kernels(), params); err != nil {
		return nil, err
	}
	s.nets = model.NewNets(be, w, s.loss, nil)
	s.rollback.stepper = s
	s.change, s.first, s.add, s.send = s.changeWeight, s.firstGradient, s.addGradient, s.buckets.take
	return s, nil
}

// shareNorms has norms take the statistics of all ranks.
func (s *stepper) shareNorms() {
	s.sharer = s.ranks
	s.nets.ShareNorms(s.sharer)
}

// tryBatches builds the nets of the parts of batches that l will load: what is impossible is said before
// training. validation is what validation needs in bytes, 0 without one.
func (s *stepper) tryBatches(l *loader.Loader, validation int64) error {
	from, to := l.Part.Range(l.Batch)
	s.part = to - from
	for _, whole := range []int{l.Batch, l.Len() % l.Batch} {
		from, to := l.Part.Range(whole)
		if from == to {
			continue
		}
		if _, err := s.nets.Train(to-from, s.size, s.size); err != nil {
			return err
		}
	}
	return s.fits(s.part, validation)
}

// errNonFinite is a result that is NaN or infinite.
type errNonFinite struct {
	what  string // "loss"
	fault graph.Fault
}

func (e errNonFinite) Error() string {
	return e.what + " is not a finite number, first in " + e.fault.String()
}

// learn learns from the n-th batch of step number step, both counted from 0, and moves the running
// statistics. Where every batch is a step, each weight is changed as soon as its gradient is complete,
// else gradients are added up; finish ends the step. Nothing has changed if the loss is not finite. The terms are those
// of the whole batch, of which b may be a part.
func (s *stepper) learn(b *loader.Batch, step, n int) (loss.Terms, error) {
	net, err := s.fill(b)
	if err != nil {
		return loss.Terms{}, err
	}
	s.ranks.begin(b.N, b.Whole)
	if err := s.outside.apply(b, net.Labels(), s.ranks); err != nil {
		return loss.Terms{}, err
	}
	s.course.Epoch = b.Epoch
	s.last, s.batch = net, n
	if !s.ranks.alone() {
		return s.learnPart(b, net, step, n)
	}
	terms, err := s.forward(net)
	if err != nil {
		return terms, err
	}
	s.outside.count(&terms)
	if err := net.Backward(s.applying(step, n)); err != nil {
		return terms, err
	}
	if err := s.noted(b, net); err != nil {
		return terms, err
	}
	return terms, net.UpdateRunning()
}

// noted takes the logits of the batch that was learnt from, and the cells that the loss turned.
func (s *stepper) noted(b *loader.Batch, net *model.TrainNet) (err error) {
	if s.logits, err = net.Logits(); err != nil {
		return err
	}
	s.logits = s.logits[:b.N*(len(s.logits)/net.Batch())]
	s.turned.note(b, s.course.Turned)
	return nil
}

// ofNoImage is the label of cells that take no part.
const ofNoImage = -2

// fill gives a batch to the net of its size. Where there is no image here, the net of a full batch computes
// something that counts for nothing, as the other ranks exchange sums with it.
func (s *stepper) fill(b *loader.Batch) (*model.TrainNet, error) {
	size := b.N
	if size == 0 {
		size = s.part
	}
	net, err := s.nets.Train(size, s.size, s.size)
	if err != nil {
		return nil, err
	}
	copy(net.Input(), b.Pix)
	labels := net.Labels()
	for i, v := range b.States {
		labels[i] = float32(v)
	}
	for i := len(b.States); i < len(labels); i++ {
		labels[i] = ofNoImage
	}
	s.turned.label(b, labels)
	return net, nil
}

// forward computes the loss of the batch in net, and of those of the other ranks.
func (s *stepper) forward(net *model.TrainNet) (loss.Terms, error) {
	if err := net.Forward(); err != nil {
		return loss.Terms{}, err
	}
	if s.ranks.err != nil {
		return loss.Terms{}, s.ranks.err
	}
	vector, err := net.LossTerms()
	if err != nil {
		return loss.Terms{}, err
	}
	if err := s.ranks.group.As(forLoss).SumFloat64(vector); err != nil {
		return loss.Terms{}, err
	}
	return s.finite(loss.TermsOf(vector), net)
}

// finite makes sure that the terms of a loss are.
func (s *stepper) finite(terms loss.Terms, net *model.TrainNet) (loss.Terms, error) {
	if math.IsNaN(terms.Total) || math.IsInf(terms.Total, 0) {
		return terms, s.ranks.locate(net)
	}
	return terms, nil
}

// check makes sure that the run can go on from here: weights and average are finite, and so, unless quick, is
// the loss that the weights give for the last batch. It changes nothing but the results of the last run.
func (s *stepper) check(quick bool) error {
	s.checking = true
	defer func() { s.checking = false }()
	for _, w := range []*model.Weights{s.weights, s.average} {
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
	if s.last == nil || quick {
		return nil
	}
	_, err := s.forward(s.last)
	return err
}

// applying is what becomes of the gradients of the n-th batch of a step.
func (s *stepper) applying(step, n int) model.ApplyFunc {
	switch {
	case s.sums == nil:
		s.opt.Begin(s.cycle.At(step))
		if s.ranks.alone() {
			return s.change
		}
		s.buckets.begin(s.params, s.tally.wait, s.change)
		return s.send
	case n == 0:
		return s.first
	}
	return s.add
}

func (s *stepper) changeWeight(i int, grad []float32) error {
	return s.opt.Apply(s.be.Pool(), i, grad)
}

func (s *stepper) firstGradient(i int, grad []float32) error {
	copy(s.sums[i], grad)
	return nil
}

func (s *stepper) addGradient(i int, grad []float32) error {
	sum := s.sums[i]
	for j, v := range grad {
		sum[j] += v
	}
	return nil
}

// finish ends the step number step, counted from 0: it changes the weights where that has not been done
// while learning, and moves the average of the running statistics.
func (s *stepper) finish(step int) (lr, beta1 float64, err error) {
	lr, beta1 = s.cycle.At(step)
	if s.sums != nil {
		if err := s.sumGradients(); err != nil {
			return lr, beta1, err
		}
		if err := s.opt.Step(s.be.Pool(), lr, beta1, s.sums); err != nil {
			return lr, beta1, err
		}
	}
	s.turned.finish()
	for i, to := range s.averages {
		s.ema.Update(s.opt.Steps(), to.Data, s.running[i].Data)
	}
	return lr, beta1, nil
}
