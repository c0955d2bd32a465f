package optim

import (
	"fmt"
	"slices"

	"csl/internal/kernel"
	"csl/internal/kernel/portable"
)

// Param is a parameter: its weights, updated in place, and whether weight decay applies to it.
type Param struct {
	Name  string    // of the parameter
	Data  []float32 // its values, updated in place
	Decay bool      // whether weight decay applies
	// Average is where the moving average is kept, as long as Data and holding its start; nil for
	// memory of the optimizer's own that starts as a copy of the weights.
	Average []float32
}

// Optimizer updates parameters. Its state per parameter is Adam's first and second moment and, with
// EMA, the average, which starts as a copy of the weights.
type Optimizer struct {
	cfg    Config
	adam   kernel.AdamFunc
	params []param
	jobs   []job // chunks of all parameters, in order
	steps  int

	// of the current step
	decay, noDecay kernel.AdamStep
	grads          [][]float32 // by parameter
	first          int         // the job that the pool calls 0
	undo           *undo       // what it overwrote; nil: not kept
	begun          bool        // and can be taken back
}

type param struct {
	Param
	m, v, ema   []float32
	first, jobs int // its jobs
}

// chunkLen is the length of a job. Every element is computed alone, so it influences no result.
const chunkLen = 1 << 14

type job struct{ param, from, to int }

// New makes an optimizer of these parameters that computes with the kernels of set; the results are the same
// bits with any of them. Names must be unique.
func New(c Config, set kernel.Set[float32], params []Param) (*Optimizer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	o := &Optimizer{cfg: c, adam: portable.AdamOf(set), grads: make([][]float32, len(params))}
	seen := map[string]bool{}
	for i, p := range params {
		if seen[p.Name] {
			return nil, fmt.Errorf("optimizer: parameter %q appears twice", p.Name)
		}
		seen[p.Name] = true
		n := len(p.Data)
		q := param{Param: p, m: make([]float32, n), v: make([]float32, n), first: len(o.jobs)}
		if c.EMA != nil {
			if q.ema = p.Average; q.ema == nil {
				q.ema = slices.Clone(p.Data)
			}
			if len(q.ema) != n {
				return nil, fmt.Errorf("optimizer: parameter %q has %d elements, its average %d", p.Name, n, len(q.ema))
			}
		}
		for from := 0; from < n; from += chunkLen {
			o.jobs = append(o.jobs, job{i, from, min(from+chunkLen, n)})
		}
		q.jobs = len(o.jobs) - q.first
		o.params = append(o.params, q)
	}
	return o, nil
}

// Steps is the number of steps taken.
func (o *Optimizer) Steps() int { return o.steps }

// SetSteps restores the number of steps when a training is resumed.
func (o *Optimizer) SetSteps(n int) { o.steps = n }

// Begin starts a step, in which Apply then updates each parameter once. lr and beta1 are those of
// the step; beta1 may change from step to step, and the bias correction uses the current one,
// 1-beta1^t, as PyTorch's.
func (o *Optimizer) Begin(lr, beta1 float64) {
	o.steps++
	if o.begun = o.undo != nil; o.begun {
		o.undo.touched = o.undo.touched[:0]
	}
	o.decay = o.cfg.factors(o.steps, lr, beta1)
	o.noDecay = withoutDecay(o.decay)
}

// Apply updates parameter number i with its gradient, which is not changed. pool may be nil; the
// result is the same for any pool. It does not allocate.
func (o *Optimizer) Apply(pool *kernel.Pool, i int, grad []float32) error {
	if i < 0 || i >= len(o.params) {
		return fmt.Errorf("optimizer: parameter number %d of %d", i, len(o.params))
	}
	if err := o.check(i, grad); err != nil {
		return err
	}
	o.remember(i)
	o.grads[i] = grad
	o.run(pool, o.params[i].first, o.params[i].jobs)
	return nil
}

// Step is Begin, and Apply for every parameter; grads holds one gradient per parameter.
func (o *Optimizer) Step(pool *kernel.Pool, lr, beta1 float64, grads [][]float32) error {
	if len(grads) != len(o.params) {
		return fmt.Errorf("optimizer: %d gradients of %d parameters", len(grads), len(o.params))
	}
	for i, g := range grads {
		if err := o.check(i, g); err != nil {
			return err
		}
	}
	o.Begin(lr, beta1)
	for i := range grads {
		o.remember(i)
	}
	copy(o.grads, grads)
	o.run(pool, 0, len(o.jobs))
	return nil
}

func (o *Optimizer) check(i int, grad []float32) error {
	if p := &o.params[i]; len(grad) != len(p.Data) {
		return fmt.Errorf("optimizer: parameter %q has %d elements, its gradient %d", p.Name, len(p.Data), len(grad))
	}
	return nil
}

func (o *Optimizer) run(pool *kernel.Pool, first, jobs int) {
	o.first = first
	if pool != nil {
		pool.Run(jobs, o)
	} else {
		for j := range jobs {
			o.Do(j, 0)
		}
	}
	clear(o.grads)
}

// Do updates one chunk; it is for kernel.Pool only.
func (o *Optimizer) Do(number, _ int) {
	j := o.jobs[o.first+number]
	p := &o.params[j.param]
	k := &o.noDecay
	if p.Decay {
		k = &o.decay
	}
	var ema []float32
	if p.ema != nil {
		ema = p.ema[j.from:j.to]
	}
	o.adam(k, p.Data[j.from:j.to], o.grads[j.param][j.from:j.to], p.m[j.from:j.to], p.v[j.from:j.to], ema)
}

// Slot is one state vector of one parameter, with the parameter's length and layout. Data is the
// state itself: writing to it restores it.
type Slot struct {
	Param string    // name of the parameter
	Kind  string    // SlotM, SlotV or SlotEMA
	Data  []float32 // its values, updated in place
}

// The values of Slot.Kind.
const (
	SlotM   = "m"   // first moment
	SlotV   = "v"   // second moment
	SlotEMA = "ema" // average
)

// State lists the state of all parameters in their order. Together with Steps it is all that a
// checkpoint needs.
func (o *Optimizer) State() []Slot {
	var s []Slot
	for i := range o.params {
		p := &o.params[i]
		s = append(s, Slot{p.Name, SlotM, p.m}, Slot{p.Name, SlotV, p.v})
		if p.ema != nil {
			s = append(s, Slot{p.Name, SlotEMA, p.ema})
		}
	}
	return s
}

// Average is the averaged parameter number i, or nil without EMA.
func (o *Optimizer) Average(i int) []float32 { return o.params[i].ema }
