package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"csl/internal/memory"
)

// Kind says what a tensor of a checkpoint is.
type Kind int

// The kinds of tensors.
const (
	ConvWeight   Kind = iota // [O,I,K,K] in checkpoints, [K,K,I,O] inside
	LinearWeight             // [O,I] or [O,I,1,1] in checkpoints, [I,O] inside
	Vector                   // gamma, beta, bias: [C]
	RunningMean              // [C]
	RunningVar               // [C]
	Counter                  // num_batches_tracked, a scalar int64
)

// IsParam says whether training learns tensors of this kind.
func (k Kind) IsParam() bool { return k <= Vector }

// Entry is one tensor of a checkpoint: its name and its shape there.
type Entry struct {
	Name  string // the published one
	Shape []int  // empty for a counter
	Kind  Kind   // what it is
}

// Size is the number of elements.
func (e Entry) Size() int {
	n := 1
	for _, d := range e.Shape {
		n *= d
	}
	return n
}

// Param is one tensor in the layout that the graphs use. Data is the tensor itself: what is written
// there is what graphs on the CPU compute with.
type Param struct {
	Name string    // as Entry has it
	Data []float32 // in the internal layout
	// Decay says whether weight decay applies: to tensors of two and more dimensions in the
	// checkpoint's layout.
	Decay bool
}

// Weights holds the tensors of one model. The slices inside never move, so graphs may share them. Nets may
// release weights (Weights.Release): convolutions and linear layers are then gone, and nobody else can do
// anything with the weights.
type Weights struct {
	spec       Spec
	entries    []Entry
	index      map[string]int
	data       [][]float32  // internal layout; nil for counters
	counts     []int64      // of counters
	releasing  *releasing   // nil: inference nets leave them alone
	releasedBy *constants   // who released tensors; nil: all are there
	source     PackedSource // of convolutions and linear layers; nil: they are in data
}

// worthAsking is a size in bytes below which nobody is asked whether there is so much memory.
const worthAsking = 64 << 20

// NewWeights makes the weights of a model, all zero.
func NewWeights(spec Spec) (*Weights, error) {
	w, err := listWeights(spec)
	if err != nil {
		return nil, err
	}
	if bytes := memory.Product(w.trainable(), 4); bytes > worthAsking {
		if err := memory.Need(fmt.Sprintf("the weights of %s need", spec.Name), bytes); err != nil {
			return nil, err
		}
	}
	for i, e := range w.entries {
		if e.Kind != Counter {
			w.data[i] = make([]float32, e.Size())
			memory.LargePages(w.data[i])
		}
	}
	return w, nil
}

// listWeights makes weights without memory: only their names and shapes.
func listWeights(spec Spec) (*Weights, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	spec.Stages, spec.Kinds = slices.Clone(spec.Stages), slices.Clone(spec.Kinds)
	w := &Weights{spec: spec, index: map[string]int{}}
	a := newArch(spec)
	w.addUnit(a.stem)
	for _, stage := range a.stages {
		for _, b := range stage {
			for _, u := range b.units() {
				w.addUnit(u)
			}
			if b.se != nil {
				w.add(b.se.name+".fc1.weight", LinearWeight, b.se.hidden, b.se.channels, 1, 1)
				w.add(b.se.name+".fc1.bias", Vector, b.se.hidden)
				w.add(b.se.name+".fc2.weight", LinearWeight, b.se.channels, b.se.hidden, 1, 1)
				w.add(b.se.name+".fc2.bias", Vector, b.se.channels)
			}
		}
	}
	for _, l := range a.head {
		w.add(l.name+".weight", LinearWeight, l.out, l.in)
		w.add(l.name+".bias", Vector, l.out)
	}
	return w, nil
}

func (w *Weights) addUnit(u unit) {
	w.add(u.name+".0.weight", ConvWeight, u.out, u.in, u.k, u.k)
	w.add(u.name+".1.weight", Vector, u.out)
	w.add(u.name+".1.bias", Vector, u.out)
	w.add(u.name+".1.running_mean", RunningMean, u.out)
	w.add(u.name+".1.running_var", RunningVar, u.out)
	w.add(u.name+".1.num_batches_tracked", Counter)
}

func (w *Weights) add(name string, kind Kind, shape ...int) {
	w.index[name] = len(w.entries)
	w.entries = append(w.entries, Entry{Name: name, Shape: shape, Kind: kind})
	w.counts = append(w.counts, 0)
	w.data = append(w.data, nil)
}

// Spec is the model that the weights belong to.
func (w *Weights) Spec() Spec { return w.spec }

// Entries lists the tensors in the order of a PyTorch state_dict. The caller must not change it.
func (w *Weights) Entries() []Entry { return w.entries }

// Set stores a tensor given in the checkpoint's layout (OIHW, [out,in]). An unknown name or another
// shape is an error. A counter takes one element and an empty shape.
func (w *Weights) Set(name string, shape []int, data []float32) error {
	i, ok := w.index[name]
	if !ok {
		return fmt.Errorf("model %q has no tensor %q", w.spec.Name, name)
	}
	if w.releasedBy != nil {
		return fmt.Errorf("set tensor %q: %w", name, errReleased)
	}
	e := w.entries[i]
	if !w.InMemory(e) {
		return fmt.Errorf("set tensor %q: %w", name, errPackedOnly)
	}
	if !slices.Equal(shape, e.Shape) {
		return fmt.Errorf("tensor %q has shape %v, model %q wants %v", name, shape, w.spec.Name, e.Shape)
	}
	if len(data) != e.Size() {
		return fmt.Errorf("tensor %q of shape %v has %d elements", name, shape, len(data))
	}
	if e.Kind == Counter {
		w.counts[i] = int64(data[0])
		return nil
	}
	fromCheckpoint(e, w.data[i], data)
	return nil
}

// Get returns a copy of a tensor in the checkpoint's layout; ok is false for an unknown name, or one that
// nets have released.
func (w *Weights) Get(name string) (shape []int, data []float32, ok bool) {
	i, ok := w.index[name]
	if !ok {
		return nil, nil, false
	}
	e := w.entries[i]
	if e.Kind != Counter && w.data[i] == nil {
		return nil, nil, false
	}
	data = make([]float32, e.Size())
	if e.Kind == Counter {
		data[0] = float32(w.counts[i])
	} else {
		toCheckpoint(e, data, w.data[i])
	}
	return slices.Clone(e.Shape), data, true
}

// Count returns a counter exactly; ok is false if there is no counter of that name.
func (w *Weights) Count(name string) (n int64, ok bool) {
	i, ok := w.index[name]
	if !ok || w.entries[i].Kind != Counter {
		return 0, false
	}
	return w.counts[i], true
}

// SetCount stores a counter.
func (w *Weights) SetCount(name string, n int64) error {
	i, ok := w.index[name]
	if !ok || w.entries[i].Kind != Counter {
		return fmt.Errorf("model %q has no counter %q", w.spec.Name, name)
	}
	w.counts[i] = n
	return nil
}

// Params lists the tensors that training learns, in the order of Entries. Data is nil of those that nets
// have released.
func (w *Weights) Params() []*Param { return w.list(Kind.IsParam) }

// Buffers lists the running statistics, in the order of Entries. They are not learnt, but an
// average of weights covers them.
func (w *Weights) Buffers() []*Param {
	return w.list(func(k Kind) bool { return k == RunningMean || k == RunningVar })
}

func (w *Weights) list(want func(Kind) bool) []*Param {
	var list []*Param
	for i, e := range w.entries {
		if want(e.Kind) {
			decay := len(e.Shape) > 1 && !strings.HasSuffix(e.Name, ".bias")
			list = append(list, &Param{Name: e.Name, Data: w.data[i], Decay: decay})
		}
	}
	return list
}

// raw is a tensor in the internal layout, nil if there is none.
func (w *Weights) raw(name string) []float32 {
	i, ok := w.index[name]
	if !ok {
		return nil
	}
	return w.data[i]
}

// largest is the number of elements of the largest tensor.
func (w *Weights) largest() int {
	n := 0
	for _, e := range w.entries {
		n = max(n, e.Size())
	}
	return n
}

// Clone copies everything.
func (w *Weights) Clone() *Weights {
	c := *w
	c.data, c.counts = make([][]float32, len(w.data)), slices.Clone(w.counts)
	for i, d := range w.data {
		c.data[i] = slices.Clone(d)
	}
	return &c
}

// CopyFrom copies all values of the weights of an equal model in place.
func (w *Weights) CopyFrom(from *Weights) error {
	same := slices.EqualFunc(w.entries, from.entries, func(a, b Entry) bool {
		return a.Name == b.Name && slices.Equal(a.Shape, b.Shape)
	})
	if !same {
		return errors.New("copy weights: the models differ")
	}
	if w.releasedBy != nil || from.releasedBy != nil {
		return fmt.Errorf("copy weights: %w", errReleased)
	}
	if w.source != nil || from.source != nil {
		return fmt.Errorf("copy weights: %w", errPackedOnly)
	}
	for i, d := range from.data {
		copy(w.data[i], d)
	}
	copy(w.counts, from.counts)
	return nil
}
