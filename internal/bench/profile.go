package bench

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorgonia.org/tensor"

	"csl/internal/graph"
)

// Profile says where the time of a step goes. The costs of Ops add up to the whole step.
type Profile struct {
	Steps   int     `json:"steps"`      // measured
	Seconds float64 `json:"seconds"`    // of a step, on average; slower than a step that is not watched
	Ops     []Cost  `json:"ops"`        // by kind of operation, the dearest first
	Layers  []Cost  `json:"top_layers"` // the dearest pairs of kind and layer
}

// Cost is what one kind of operation, or one of a layer, takes in a step.
type Cost struct {
	Op      string  `json:"op"`              // kind of operation
	Layer   string  `json:"layer,omitempty"` // layer, where costs are by layer
	Calls   int     `json:"calls"`           // calls per step
	Seconds float64 `json:"seconds"`         // time per step
	Share   float64 `json:"share"`           // of the step
	FLOPs   int64   `json:"flops"`           // of the plain algorithm
	Bytes   int64   `json:"bytes"`           // of all operands: what caches do not hold comes from memory
	GFLOPS  float64 `json:"gflops"`          // 10^9 floating-point operations per second
	GBs     float64 `json:"gb_per_s"`        // 10^9 bytes per second, each operand counted once
}

// otherOp is the time between the operations.
const otherOp = "other"

const (
	// profileSteps are watched at least, for at least that share of Options.Seconds.
	profileSteps = 3
	profileShare = 0.2
	topLayers    = 12
)

// recorder gathers costs while a subject runs: those of the machine's operations, then those of the
// phases outside it and of what the machine has consumed.
type recorder struct {
	costs []Cost
	next  int // the operation that is reported next
	sunk  int // what stands for all that is consumed
	took  []time.Duration
	total time.Duration
}

func newRecorder(s *subject) *recorder {
	r := &recorder{}
	for o := range s.machine.Plan().Operations() {
		bytes := o.Node.Shape().TotalSize()
		if o.Aux != nil {
			bytes += o.Aux.Shape().TotalSize()
		}
		for _, in := range o.Inputs {
			bytes += in.Shape().TotalSize()
		}
		r.costs = append(r.costs, Cost{
			Op: o.Kind, Layer: o.Layer, Calls: 1, FLOPs: o.FLOPs, Bytes: int64(bytes) * int64(tensor.Float32.Size()),
		})
	}
	for _, p := range s.phases[1:] {
		r.costs = append(r.costs, Cost{Op: p.name, Calls: 1, Bytes: p.bytes})
	}
	r.sunk = len(r.costs)
	if n := s.machine.Plan().Streams(); n > 0 {
		r.costs = append(r.costs, Cost{Op: s.consumer.name, Calls: n, Bytes: s.consumer.bytes})
	}
	r.took = make([]time.Duration, len(r.costs))
	return r
}

// observe is the machine's observer: operations come in the order of the plan, and between them what
// is consumed.
func (r *recorder) observe(kind, _ string, took time.Duration, _ int64) {
	if kind == graph.Consumed {
		r.took[r.sunk] += took
		return
	}
	r.add(took)
}

func (r *recorder) add(took time.Duration) {
	r.took[r.next] += took
	r.next++
}

// step is subject.step with a watch.
func (r *recorder) step(s *subject) error {
	r.next = 0
	start := time.Now()
	for i, p := range s.phases {
		begin := time.Now()
		if err := p.run(); err != nil {
			return err
		}
		if i > 0 {
			r.add(time.Since(begin))
		}
	}
	r.total += time.Since(start)
	return nil
}

// profile watches steps for at least that long.
func profile(ctx context.Context, s *subject, atLeast time.Duration) (*Profile, error) {
	r := newRecorder(s)
	s.machine.Observe(r.observe)
	defer s.machine.Observe(nil)
	n := 0
	for ; n < profileSteps || r.total < atLeast; n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.step(s); err != nil {
			return nil, err
		}
	}
	return r.profile(n), nil
}

// profile averages over n steps.
func (r *recorder) profile(n int) *Profile {
	p := &Profile{Steps: n, Seconds: r.total.Seconds() / float64(n)}
	rest := p.Seconds
	for i := range r.costs {
		r.costs[i].Seconds = r.took[i].Seconds() / float64(n)
		rest -= r.costs[i].Seconds
	}
	p.Ops = p.gather(append(r.costs, Cost{Op: otherOp, Calls: 1, Seconds: max(rest, 0)}), func(c Cost) Cost {
		return Cost{Op: c.Op}
	})
	layers := slices.DeleteFunc(slices.Clone(r.costs), func(c Cost) bool { return c.Layer == "" })
	p.Layers = p.gather(layers, func(c Cost) Cost { return Cost{Op: c.Op, Layer: c.Layer} })
	p.Layers = p.Layers[:min(len(p.Layers), topLayers)]
	return p
}

// gather sums costs that have the same name and sorts the sums, the dearest first.
func (p *Profile) gather(costs []Cost, name func(Cost) Cost) []Cost {
	var sums []Cost
	at := map[Cost]int{}
	for _, c := range costs {
		key := name(c)
		i, ok := at[key]
		if !ok {
			i = len(sums)
			at[key] = i
			sums = append(sums, key)
		}
		s := &sums[i]
		s.Calls += c.Calls
		s.Seconds += c.Seconds
		s.FLOPs += c.FLOPs
		s.Bytes += c.Bytes
	}
	for i := range sums {
		s := &sums[i]
		s.Share = s.Seconds / p.Seconds
		if s.Seconds > 0 {
			s.GFLOPS, s.GBs = float64(s.FLOPs)/s.Seconds/1e9, float64(s.Bytes)/s.Seconds/1e9
		}
	}
	slices.SortStableFunc(sums, func(a, b Cost) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return sums
}
