package model

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"csl/internal/graph"
	"csl/internal/kernel"
)

// PackedTensor is the weights of a convolution or linear layer as a kernel of inference takes them: in its packed
// layout, with the norm folded in.
type PackedTensor struct {
	Name   string              // as Entry has it
	Layout kernel.PackedLayout // which kernel takes it, and how it lies in Data
	Data   []float32           // of the layout's length
}

// PackedSource is where weights that are packed already come from. Both methods may be called until nobody uses the
// weights any more.
type PackedSource interface {
	// Packed is the tensor in that layout, which must not be changed; nil if the source does not have it so.
	Packed(name string, layout kernel.PackedLayout) ([]float32, error)
	// Read fills dst with the tensor as checkpoints have it.
	Read(name string, dst []float32) error
}

// Pack lists the constant weights of the inference net for batch images of height x width as be's kernels want them,
// in the order of Entries. The data must not be changed.
func Pack(be graph.Backend, w *Weights, batch, height, width int) ([]PackedTensor, error) {
	nets := NewNets(be, w, nil, nil)
	if _, err := nets.Infer(batch, height, width); err != nil {
		return nil, errors.Join(err, nets.Close())
	}
	list, err := nets.constants.list()
	return list, errors.Join(err, nets.Close())
}

// list is all that is packed, in the order of Entries.
func (c *constants) list() ([]PackedTensor, error) {
	var list []PackedTensor
	for key, p := range c.packed {
		data := p.Host()
		if data == nil {
			return nil, errors.New("the packed weights do not lie in host memory")
		}
		list = append(list, PackedTensor{Name: key.name, Layout: key.layout, Data: data})
	}
	slices.SortFunc(list, func(a, b PackedTensor) int {
		return cmp.Or(c.w.index[a.Name]-c.w.index[b.Name], cmp.Compare(a.Layout.Algorithm, b.Layout.Algorithm))
	})
	return list, nil
}

// NewPackedWeights makes weights of which only vectors and running statistics are in memory, all zero; convolutions
// and linear layers stay in the source until an inference net needs them: packed, or else as they are. They are of
// use to inference nets only.
func NewPackedWeights(spec Spec, from PackedSource) (*Weights, error) {
	w, err := listWeights(spec)
	if err != nil {
		return nil, err
	}
	w.source = from
	for i, e := range w.entries {
		if e.Kind != Counter && !e.Kind.packs() {
			w.data[i] = make([]float32, e.Size())
		}
	}
	return w, nil
}

// packs is whether inference nets pack tensors of this kind.
func (k Kind) packs() bool { return k == ConvWeight || k == LinearWeight }

// InMemory says whether tensor e is to be Set: not if a source has it.
func (w *Weights) InMemory(e Entry) bool { return w.source == nil || !e.Kind.packs() }

// errPackedOnly says that weights lie in a source.
var errPackedOnly = errors.New("weights that are packed already are of use to inference only")

// fetched is a tensor in the internal layout: in memory, or read from the source.
func (w *Weights) fetched(name string) ([]float32, error) {
	v := w.raw(name)
	if v != nil || w.source == nil {
		return v, nil
	}
	e := w.entries[w.index[name]]
	stored := make([]float32, e.Size())
	if err := w.source.Read(name, stored); err != nil {
		return nil, err
	}
	v = make([]float32, e.Size())
	fromCheckpoint(e, v, stored)
	return v, nil
}

// stored is what the source has packed; nil if there is no source or it lacks that layout.
func (c *constants) stored(key constantKey, adopt func(data []float32) (*graph.Packed, error)) (*graph.Packed, error) {
	if c.w.source == nil {
		return nil, nil
	}
	data, err := c.w.source.Packed(key.name, key.layout)
	if data == nil || err != nil {
		return nil, err
	}
	if len(data) != key.layout.Len {
		return nil, fmt.Errorf("packed weights %q have %d elements, want %d", key.name, len(data), key.layout.Len)
	}
	return adopt(data)
}
