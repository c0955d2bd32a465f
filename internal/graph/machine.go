package graph

import (
	"errors"
	"fmt"
	"maps"
	"time"

	G "gorgonia.org/gorgonia"
)

// Machine runs a plan on a backend. After the first run a run does not allocate. Only kept nodes are
// valid after a run, and only until another machine of the same arena runs.
type Machine struct {
	be       Backend
	plan     *Plan
	arena    *Arena
	programs []Program
	work     int
	bound    map[*G.Node]Buffer // inputs
	packed   map[weightsKey]*Packed
	packing  Buffer             // scratch of packing
	pieces   map[*G.Node]Buffer // of the arena, as asked for so far
	steps    []Step             // nil: to be bound before the next run
	streams  []Buffer           // the values of the plan's streams, in the plan's order
	next     int                // the step that RunRest continues with
	due      int                // the stream that is consumed next
	observe  Observer
}

var (
	_         G.VM = (*Machine)(nil)
	errClosed      = errors.New("machine is closed")
)

// Observer is told of every operation of a run: its kind and layer, its time and its floating point
// operations. Of a value that is consumed it is told, too, with kind Consumed.
type Observer func(kind, layer string, took time.Duration, flops int64)

// Consumed is the kind by which an Observer is told of a call of a Consumer.
const Consumed = "consumed"

// NewMachine compiles a plan. arena may be nil: the machine then has its own.
func NewMachine(be Backend, plan *Plan, arena *Arena) (*Machine, error) {
	if arena == nil {
		arena = NewArena(be, plan.dt)
	}
	if arena.be != be || arena.dt != plan.dt {
		return nil, errors.New("machine: the arena belongs to another backend or type")
	}
	m := &Machine{be: be, plan: plan, arena: arena, bound: map[*G.Node]Buffer{}, packed: map[weightsKey]*Packed{}}
	for i := range plan.ops {
		o := &plan.ops[i]
		prog, err := be.Compile(plan.dt, o.desc)
		if err != nil {
			return nil, fmt.Errorf("compile %s of %s: %w", o.kind, o.layer, err)
		}
		if _, ok := prog.PackedLayout(); ok && o.in[weightsAt].Op() != nil {
			return nil, fmt.Errorf("compile %s of %s: constant weights must be an input, not computed", o.kind, o.layer)
		}
		m.programs = append(m.programs, prog)
		m.work = max(m.work, prog.Work())
	}
	arena.users[m] = struct{}{}
	return m, nil
}

// Plan is what the machine runs.
func (m *Machine) Plan() *Plan { return m.plan }

// ArenaBytes is the size of the planned arena, without scratch.
func (m *Machine) ArenaBytes() int64 { return m.plan.ArenaBytes() }

// WorkBytes is the size of the kernel scratch.
func (m *Machine) WorkBytes() int64 { return int64(m.work) * int64(m.plan.dt.Size()) }

// Bind gives an input node its memory. All inputs that the plan needs must be bound before a run. Fixed
// weights are packed before the next run and not read any more after it.
func (m *Machine) Bind(n *G.Node, b Buffer) error {
	if n.Op() != nil {
		return fmt.Errorf("bind %v: not an input", n)
	}
	if b.Len() != n.Shape().TotalSize() {
		return fmt.Errorf("bind %s %v: %d elements", n.Name(), n.Shape(), b.Len())
	}
	m.bound[n] = b
	maps.DeleteFunc(m.packed, func(k weightsKey, _ *Packed) bool { return k.node == n })
	m.unbind()
	return nil
}

// unbind forgets everything that points into memory which is about to change.
func (m *Machine) unbind() { m.steps, m.streams, m.pieces = nil, nil, nil }

// Observe has f called around every operation of later runs; nil ends it. Runs become slower.
func (m *Machine) Observe(f Observer) { m.observe = f }

// prepare binds the steps to the arena as it is now.
func (m *Machine) prepare() error {
	if m.plan == nil {
		return errClosed
	}
	if err := m.arena.ensure(m.plan.size, m.work); err != nil {
		return err
	}
	if m.steps != nil {
		return nil
	}
	steps := make([]Step, len(m.plan.ops))
	for i := range m.plan.ops {
		var err error
		if steps[i], err = m.bindStep(i); err != nil {
			return err
		}
	}
	m.streams = m.streams[:0]
	for _, s := range m.plan.streams {
		b, err := m.Buffer(s.value)
		if err != nil {
			return err
		}
		m.streams = append(m.streams, b)
	}
	m.steps, m.packing = steps, nil
	return nil
}

// bindStep binds step i to the memory of its operands.
func (m *Machine) bindStep(i int) (Step, error) {
	o := &m.plan.ops[i]
	out, err := m.Buffer(o.node)
	if err != nil {
		return nil, err
	}
	var aux Buffer
	if o.aux != nil {
		if aux, err = m.Buffer(o.aux); err != nil {
			return nil, err
		}
	}
	in := make([]Buffer, len(o.in))
	for k := range o.in {
		if in[k], err = m.operand(i, k); err != nil {
			return nil, err
		}
	}
	step, err := m.programs[i].Bind(out, aux, in, m.arena.work)
	if err != nil {
		return nil, fmt.Errorf("bind %s of %s: %w", o.kind, o.layer, err)
	}
	return step, nil
}

func (m *Machine) stepError(i int, err error) error {
	o := &m.plan.ops[i]
	return fmt.Errorf("run %s of %s: %w", o.kind, o.layer, err)
}

// Buffer is the memory of a node: of an input what was bound, of any other node its piece of the
// arena. It changes when the arena grows, so ask again after each run.
func (m *Machine) Buffer(n *G.Node) (Buffer, error) {
	if b, ok := m.bound[n]; ok {
		return b, nil
	}
	if b, ok := m.pieces[n]; ok {
		return b, nil
	}
	s, ok := m.plan.values[n]
	if !ok {
		return nil, fmt.Errorf("node %s has no memory: not bound or not planned", n.Name())
	}
	if err := m.arena.ensure(m.plan.size, m.work); err != nil {
		return nil, err
	}
	b := m.arena.values.Slice(s.off, n.Shape().TotalSize())
	if m.pieces == nil {
		m.pieces = map[*G.Node]Buffer{}
	}
	m.pieces[n] = b
	return b, nil
}

// Reset implements gorgonia.VM. A machine needs none between runs.
func (m *Machine) Reset() {}

// Close implements gorgonia.VM: it releases all memory. The machine cannot run any more.
func (m *Machine) Close() error {
	if m.arena != nil {
		delete(m.arena.users, m)
	}
	*m = Machine{}
	return nil
}
