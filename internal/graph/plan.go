package graph

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"csl/internal/kernel"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// align is the granularity of arena offsets in elements: 64 bytes of float32.
const align = 16

// Plan says in which order the nodes of a graph run and where in one arena each value lies. Only
// the kept nodes are valid after a run: everything else is overwritten as soon as it is not needed.
type Plan struct {
	dt      tensor.Dtype
	ops     []planOp
	steps   map[*G.Node]int   // which of ops computes a node
	values  map[*G.Node]*span // where op outputs lie; inputs are absent
	spans   []*span           // distinct pieces of the arena
	inputs  []*G.Node
	streams []planStream // in the order in which they are consumed
	size    int          // of the arena, in elements
}

// planOp is one operation of a plan.
type planOp struct {
	node    *G.Node
	aux     *G.Node // the second output of a kernel.TwoOutput, else nil
	in      []*G.Node
	desc    kernel.Desc
	kind    string
	layer   string
	inPlace []int // inputs that the output may overwrite, in order of preference
}

// outputs lists what the operation computes.
func (o *planOp) outputs() []*G.Node {
	if o.aux == nil {
		return []*G.Node{o.node}
	}
	return []*G.Node{o.node, o.aux}
}

// NewPlan plans the part of g that the kept nodes need. Nodes run in the order in which they were
// added to the graph.
func NewPlan(g *Graph, keep ...*G.Node) (*Plan, error) { return NewStreamPlan(g, nil, keep...) }

// NewStreamPlan is NewPlan with values that are consumed while the plan runs.
func NewStreamPlan(g *Graph, streams []Stream, keep ...*G.Node) (*Plan, error) {
	p := &Plan{dt: g.dt, steps: map[*G.Node]int{}, values: map[*G.Node]*span{}}
	outside := slices.Concat(keep, consumed(streams))
	needed, err := reach(g, outside)
	if err != nil {
		return nil, err
	}
	for _, n := range g.g.AllNodes() {
		in, ok := needed[n]
		if !ok {
			continue
		}
		if n.Op() == nil {
			p.inputs = append(p.inputs, n)
			continue
		}
		o, err := newPlanOp(n, in)
		if err != nil {
			return nil, err
		}
		p.ops = append(p.ops, o)
	}
	for _, rewrite := range passes() {
		p.ops = rewrite(p.ops, outside)
	}
	for i := range p.ops {
		for _, n := range p.ops[i].outputs() {
			p.steps[n] = i
		}
	}
	last := p.lastUses()
	if err := p.addStreams(streams, last); err != nil {
		return nil, err
	}
	for _, n := range keep {
		last[n] = len(p.ops)
	}
	p.assign(last, outside)
	p.size = place(p.spans)
	return p, nil
}

// reach finds the nodes that the kept ones need, with their inputs.
func reach(g *Graph, keep []*G.Node) (map[*G.Node][]*G.Node, error) {
	needed := map[*G.Node][]*G.Node{}
	todo := slices.Clone(keep)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == nil || n.Graph() != g.g {
			return nil, fmt.Errorf("plan: node %v is not of this graph", n)
		}
		if _, ok := needed[n]; ok {
			continue
		}
		in := childrenOf(n)
		needed[n] = in
		todo = append(todo, in...)
	}
	return needed, nil
}

func newPlanOp(n *G.Node, in []*G.Node) (planOp, error) {
	if o, ok := n.Op().(*op); ok {
		return planOp{node: n, in: in, desc: o.Desc, kind: o.Name, layer: o.layer, inPlace: o.InPlace}, nil
	}
	if isAdd(n, in) {
		return planOp{
			node: n, in: in, desc: kernel.Add{Len: n.Shape().TotalSize()},
			kind: "add", layer: Layer(in[0]), inPlace: []int{0, 1},
		}, nil
	}
	return planOp{}, fmt.Errorf("plan: op %v (%T) is neither ours nor an addition", n.Op(), n.Op())
}

// isAdd recognises the stock additions by which Gorgonia sums the gradients of a node that is used
// more than once. Their type is not exported.
func isAdd(n *G.Node, in []*G.Node) bool {
	return len(in) == 2 && fmt.Sprintf("%T", n.Op()) == "gorgonia.elemBinOp" &&
		strings.HasPrefix(n.Op().String(), "+ ") &&
		in[0].Shape().Eq(in[1].Shape()) && n.Shape().Eq(in[0].Shape())
}

// lastUses maps each node to the last step that reads it, or computes it: of two outputs one may be for
// nobody.
func (p *Plan) lastUses() map[*G.Node]int {
	last := map[*G.Node]int{}
	for i := range p.ops {
		for _, n := range p.ops[i].outputs() {
			last[n] = i
		}
		for _, c := range p.ops[i].in {
			last[c] = i
		}
	}
	return last
}

// assign gives each output a span: that of an input which dies here, where the op may work in place,
// else a new one. A second output always gets a new one. last says when each value is needed for the last
// time; outside lists those that somebody else reads.
func (p *Plan) assign(last map[*G.Node]int, outside []*G.Node) {
	for i := range p.ops {
		o := &p.ops[i]
		for _, n := range o.outputs() {
			var s *span
			if n == o.node {
				s = p.reusable(o, i)
			}
			if s == nil {
				s = &span{size: (n.Shape().TotalSize() + align - 1) / align * align, first: i}
				p.spans = append(p.spans, s)
			}
			s.last, s.kept = last[n], slices.Contains(outside, n)
			p.values[n] = s
		}
	}
}

// reusable is the span of an input that op o, at step i, may overwrite.
func (p *Plan) reusable(o *planOp, i int) *span {
	size := o.node.Shape().TotalSize()
	for _, k := range o.inPlace {
		s := p.values[o.in[k]]
		if s == nil || s.kept || s.last != i || o.in[k].Shape().TotalSize() != size {
			continue
		}
		twice := false
		for q, c := range o.in {
			twice = twice || (q != k && p.values[c] == s)
		}
		if !twice {
			return s
		}
	}
	return nil
}

// ArenaBytes is the size of the arena: all values but inputs, without kernel scratch.
func (p *Plan) ArenaBytes() int64 { return int64(p.size) * int64(p.dt.Size()) }

// LowerBoundBytes is the most that is alive at one time: no placement can do with less.
func (p *Plan) LowerBoundBytes() int64 {
	delta := make([]int64, len(p.ops)+2)
	for _, s := range p.spans {
		delta[s.first] += int64(s.size)
		delta[s.last+1] -= int64(s.size)
	}
	var now, most int64
	for _, d := range delta {
		now += d
		most = max(most, now)
	}
	return most * int64(p.dt.Size())
}

// Ops is the number of operations.
func (p *Plan) Ops() int { return len(p.ops) }

// FLOPs is the number of floating point operations of a run.
func (p *Plan) FLOPs() int64 {
	var n int64
	for i := range p.ops {
		n += p.ops[i].desc.FLOPs()
	}
	return n
}

// Operation describes one step of a plan.
type Operation struct {
	Kind, Layer string    // kind of operation, part of the model
	Node        *G.Node   // the output
	Aux         *G.Node   // the second output of two operations that run as one, else nil
	Inputs      []*G.Node // in order
	FLOPs       int64     // of one run
}

// Operations lists the steps in the order in which they run.
func (p *Plan) Operations() iter.Seq[Operation] {
	return func(yield func(Operation) bool) {
		for i := range p.ops {
			o := &p.ops[i]
			if !yield(Operation{o.kind, o.layer, o.node, o.aux, o.in, o.desc.FLOPs()}) {
				return
			}
		}
	}
}
