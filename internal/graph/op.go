// Package graph turns kernel descriptors into Gorgonia operations with symbolic gradients and runs
// expression graphs made of them: it plans memory, and executes on a backend. It knows nothing of
// files, models or recipes; arithmetic lives in package kernel.
//
// Graphs must be built from one goroutine at a time: Gorgonia keeps global pools while building.
package graph

import (
	"errors"
	"fmt"
	"hash"
	"slices"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/kernel"
	"csl/internal/kernel/portable"
)

// OpSpec describes one operation of a graph: what it computes (Desc), on what ranks and shapes, and
// its gradient. The same spec value may be applied many times; every application is a separate op.
type OpSpec struct {
	// Desc is the arithmetic. Its operand lengths must equal the sizes of the shapes.
	Desc kernel.Desc
	// Name is the kind of operation, such as "conv" or "abn input gradient"; profiles group by it.
	Name string
	// In holds the rank of each input, Out the rank of the output; at least 1 each.
	In  []int
	Out int
	// Shape computes the output shape from the input shapes.
	Shape func(in []tensor.Shape) (tensor.Shape, error)
	// InPlace lists the inputs whose memory the output may take when nothing needs them afterwards, tried in
	// order; nil: the output always gets new memory.
	InPlace []int
	// Grad builds the gradients by the inputs from the gradient by the output. Entries of inputs
	// that are not differentiable may be nil. Nil if nothing is.
	Grad func(in G.Nodes, out, grad *G.Node) (G.Nodes, error)
	// Wrt says by which inputs the operation is differentiable; nil means by none.
	Wrt []bool
	// Recompute says that the output is cheap to compute from values which the backward pass has anyway:
	// gradients that need it recompute it instead of having it kept.
	Recompute bool
}

// op is one application of an OpSpec. It implements gorgonia.Op and gorgonia.SDOp.
type op struct {
	OpSpec
	id         uint32  // unique in the graph
	layer      string  // for people: the part of the model that it belongs to
	recomputed *G.Node // the output recomputed for the backward pass; nil where it is not needed
}

// Apply adds one operation to the graph of its inputs and returns its output node. Shapes that do
// not fit the spec are an error.
func Apply(s OpSpec, in ...*G.Node) (*G.Node, error) {
	if len(in) != len(s.In) {
		return nil, fmt.Errorf("apply %s: %d inputs, want %d", s.Name, len(in), len(s.In))
	}
	shapes := make([]tensor.Shape, len(in))
	for i, n := range in {
		if n == nil {
			return nil, fmt.Errorf("apply %s: input %d is nil", s.Name, i)
		}
		shapes[i] = n.Shape()
		if n.Dims() != s.In[i] {
			return nil, fmt.Errorf("apply %s: input %d has shape %v, want rank %d", s.Name, i, n.Shape(), s.In[i])
		}
	}
	if err := checkSizes(&s, shapes); err != nil {
		return nil, fmt.Errorf("apply %s: %w", s.Name, err)
	}
	if s.Wrt == nil {
		s.Wrt = make([]bool, len(s.In))
	}
	// Gorgonia keeps the slice of children: it must not be the caller's.
	n, err := G.ApplyOp(&op{OpSpec: s, id: nextID(in[0])}, slices.Clone(in)...)
	if err != nil {
		return nil, fmt.Errorf("apply %s: %w", s.Name, err)
	}
	return n, nil
}

// nextID is the number of the next op in the graph of n. Gorgonia merges nodes whose ops have equal hashes
// without comparing their children, so every op of a graph needs a different one. The number of nodes is
// that: every op adds a node, and none that an op made is ever removed.
func nextID(n *G.Node) uint32 { return uint32(len(n.Graph().AllNodes())) }

// checkSizes compares the operand lengths of the descriptor with the shapes.
func checkSizes(s *OpSpec, in []tensor.Shape) error {
	want := s.Desc.Inputs()
	if len(want) != len(in) {
		return fmt.Errorf("%T has %d operands, the op %d", s.Desc, len(want), len(in))
	}
	for i, sh := range in {
		if sh.TotalSize() != want[i] {
			return fmt.Errorf("input %d has shape %v, %+v wants %d elements", i, sh, s.Desc, want[i])
		}
	}
	if kernel.AuxLen(s.Desc) > 0 {
		return fmt.Errorf("%T has two outputs, an op has one", s.Desc)
	}
	out, err := s.Shape(in)
	if err != nil {
		return err
	}
	if out.TotalSize() != s.Desc.Output() || out.Dims() != s.Out {
		return fmt.Errorf("output shape %v, %+v makes %d elements of rank %d", out, s.Desc, s.Desc.Output(), s.Out)
	}
	return nil
}

// Arity implements gorgonia.Op.
func (o *op) Arity() int { return len(o.In) }

// Type implements gorgonia.Op. Gorgonia puts the type back into a pool, so each call makes a new one.
func (o *op) Type() hm.Type {
	a := hm.TypeVariable('a')
	types := make([]hm.Type, 0, len(o.In)+1)
	for _, d := range o.In {
		types = append(types, G.TensorType{Dims: d, Of: a})
	}
	return hm.NewFnType(append(types, G.TensorType{Dims: o.Out, Of: a})...)
}

// InferShape implements gorgonia.Op.
func (o *op) InferShape(ds ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(ds)
	if err != nil {
		return nil, err
	}
	return o.Shape(shapes)
}

// DiffWRT implements gorgonia.SDOp.
func (o *op) DiffWRT(int) []bool { return o.Wrt }

// SymDiff implements gorgonia.SDOp. What it adds is labelled with the layer of the operation.
func (o *op) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	if o.Grad == nil {
		return nil, fmt.Errorf("%s has no gradient", o.Name)
	}
	grads, err := o.Grad(in, out, grad)
	if err != nil {
		return nil, fmt.Errorf("gradient of %s: %w", o.Name, err)
	}
	for _, g := range grads {
		o.labelGradient(g)
	}
	return grads, nil
}

// labelGradient gives the layer of o to unlabelled ops at and one level below n.
func (o *op) labelGradient(n *G.Node) {
	if n == nil || o.layer == "" {
		return
	}
	d, ok := n.Op().(*op)
	if !ok || d.layer != "" {
		return
	}
	d.layer = o.layer
	for _, c := range childrenOf(n) {
		o.labelGradient(c)
	}
}

// ReturnsPtr implements gorgonia.Op.
func (o *op) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op. Gorgonia's machine then allocates outputs and calls UsePreallocDo.
func (o *op) CallsExtern() bool { return true }

// OverwritesInput implements gorgonia.Op: Gorgonia's own machines never compute in place, so that
// they can serve as the oracle of Machine, which does.
func (o *op) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o *op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "csl/%s/%d", o.Name, o.id) }

// Hashcode implements gorgonia.Op: unique to this op.
func (o *op) Hashcode() uint32 { return o.id }

// String implements gorgonia.Op.
func (o *op) String() string { return o.Name }

// Do implements gorgonia.Op with the portable kernels.
func (o *op) Do(in ...G.Value) (G.Value, error) {
	shapes := make([]tensor.Shape, len(in))
	for i, v := range in {
		shapes[i] = v.Shape()
	}
	s, err := o.Shape(shapes)
	if err != nil {
		return nil, err
	}
	return o.UsePreallocDo(tensor.New(tensor.WithShape(s...), tensor.Of(in[0].Dtype())), in...)
}

// UsePreallocDo implements gorgonia.UsePreallocDoer with the portable kernels.
func (o *op) UsePreallocDo(out G.Value, in ...G.Value) (G.Value, error) {
	switch out.Dtype() {
	case tensor.Float32:
		return out, runPortable[float32](o.Desc, out, in)
	case tensor.Float64:
		return out, runPortable[float64](o.Desc, out, in)
	}
	return nil, fmt.Errorf("%s: no kernels for %v", o.Name, out.Dtype())
}

// runPortable runs d once on the calling goroutine.
func runPortable[T kernel.Float](d kernel.Desc, out G.Value, in []G.Value) error {
	k, err := portable.New[T]().New(d)
	if err != nil {
		return err
	}
	slice := func(v G.Value) []T {
		s, _ := v.Data().([]T)
		return s
	}
	operands := make([][]T, len(in))
	for i, v := range in {
		if operands[i] = slice(v); len(operands[i]) != d.Inputs()[i] {
			return fmt.Errorf("%T: operand %d is %T of %v", d, i, v.Data(), v.Shape())
		}
	}
	o := slice(out)
	if len(o) != d.Output() {
		return errors.New("output has another type or length than the op")
	}
	pool := kernel.NewPool(1)
	defer pool.Close()
	k.Run(&kernel.Ctx[T]{Pool: pool, Work: make([]T, k.Work(1))}, o, kernel.WithPacked(pool, k, operands))
	return nil
}

// childrenOf lists the inputs of n in order, duplicates included.
func childrenOf(n *G.Node) []*G.Node {
	var c []*G.Node
	for it := n.Graph().From(n.ID()); it.Next(); {
		c = append(c, it.Node().(*G.Node))
	}
	return c
}
