package graph

import (
	"errors"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"csl/internal/kernel"
)

// weightsAt is the place of the weights among the operands of an op that may have constant ones.
const weightsAt = 1

// Packed is constant weights in the layout that an op wants. It never changes, so any number of machines of one
// backend may share it.
type Packed struct {
	be     Backend
	layout kernel.PackedLayout
	buf    Buffer
}

// NewPacked is weights that were packed before, for be in layout: as Pack packs them.
func NewPacked(be Backend, layout kernel.PackedLayout, buf Buffer) *Packed {
	return &Packed{be, layout, buf}
}

// Host is the packed weights where they lie in host memory of float32, else nil. They must not be changed.
func (p *Packed) Host() []float32 { return p.buf.Host() }

// weightsKey is an input of the graph as constant weights of one layout.
type weightsKey struct {
	node   *G.Node
	layout kernel.PackedLayout
}

// PackedLayouts lists the layouts that ops want input n in as constant weights: none if it is not one, hardly ever more
// than one.
func (m *Machine) PackedLayouts(n *G.Node) []kernel.PackedLayout {
	var layouts []kernel.PackedLayout
	for i := range m.programs {
		if layout, ok := m.programs[i].PackedLayout(); ok && m.plan.ops[i].in[weightsAt] == n && !slices.Contains(layouts, layout) {
			layouts = append(layouts, layout)
		}
	}
	return layouts
}

// Pack puts src, the values of input n, into one of the PackedLayouts of n. src is not needed afterwards.
func (m *Machine) Pack(n *G.Node, layout kernel.PackedLayout, src Buffer) (*Packed, error) {
	if src.Len() != n.Shape().TotalSize() {
		return nil, fmt.Errorf("pack %s %v: %d elements", n.Name(), n.Shape(), src.Len())
	}
	for i, prog := range m.programs {
		have, ok := prog.PackedLayout()
		if !ok || have != layout || m.plan.ops[i].in[weightsAt] != n {
			continue
		}
		work, err := m.packWork()
		if err != nil {
			return nil, err
		}
		buf, err := prog.Pack(src, work)
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", n.Name(), err)
		}
		return &Packed{m.be, layout, buf}, nil
	}
	return nil, fmt.Errorf("pack %s: no operation wants it as %+v", n.Name(), layout)
}

// packWork is the scratch for packing, made once for the largest need and dropped before the next run.
func (m *Machine) packWork() (Buffer, error) {
	if m.packing == nil {
		n := 0
		for _, prog := range m.programs {
			n = max(n, prog.PackWork())
		}
		var err error
		if m.packing, err = m.be.Alloc(m.plan.dt, n); err != nil {
			return nil, fmt.Errorf("scratch for packing weights: %w", err)
		}
	}
	return m.packing, nil
}

// BindPacked gives the ops that want input n in the layout of p these weights. They need no other; ops that
// read n as it is do.
func (m *Machine) BindPacked(n *G.Node, p *Packed) error {
	if p.be != m.be {
		return fmt.Errorf("bind %s: packed by another backend", n.Name())
	}
	if layouts := m.PackedLayouts(n); !slices.Contains(layouts, p.layout) {
		return fmt.Errorf("bind %s: packed as %+v, wanted as %+v", n.Name(), p.layout, layouts)
	}
	m.packed[weightsKey{n, p.layout}] = p
	m.unbind()
	return nil
}

// weights is input n packed; what was only bound is packed now.
func (m *Machine) weights(n *G.Node, layout kernel.PackedLayout) (Buffer, error) {
	key := weightsKey{n, layout}
	if m.packed[key] == nil {
		src, err := m.Buffer(n)
		if err != nil {
			return nil, err
		}
		if m.packed[key], err = m.Pack(n, layout, src); err != nil {
			return nil, err
		}
	}
	return m.packed[key].buf, nil
}

// operand is the memory of input k of op i.
func (m *Machine) operand(i, k int) (Buffer, error) {
	n := m.plan.ops[i].in[k]
	if layout, ok := m.programs[i].PackedLayout(); ok && k == weightsAt {
		return m.weights(n, layout)
	}
	return m.Buffer(n)
}

// inputs are the values that the machine has for input n: as bound, and packed.
func (m *Machine) inputs(n *G.Node) ([]Buffer, error) {
	var all []Buffer
	if b, ok := m.bound[n]; ok {
		all = append(all, b)
	}
	for key, p := range m.packed {
		if key.node == n {
			all = append(all, p.buf)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("input " + n.Name() + " is not bound")
	}
	return all, nil
}
