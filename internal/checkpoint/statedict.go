package checkpoint

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"csl/internal/model"
)

// StateDict is a checkpoint whose tensors go by the names, and have the
// meaning, of the reference repositories (scheme Alibaba).
type StateDict struct {
	// File is where the tensors come from.
	File *File
	// Scheme is how the file names them.
	Scheme Scheme
	// Spec is the architecture: from csl's metadata if the file has it, else
	// inferred from names and shapes. Its NumClasses is 0 without a head.
	Spec model.Spec
	// Meta is what csl stored beside the tensors; nil if it is not csl's file.
	Meta *Meta
	// OtherHead names a head of a kind that csl does not have; mostly "".
	OtherHead string

	names   []string
	source  map[string]*Tensor
	foreign []*Tensor // beside the model, and of none

	mu        sync.Mutex // of nonFinite: Load has several readers
	nonFinite []NonFinite
}

// Interpret finds out the naming scheme and the architecture of a checkpoint.
// A file that is not a TResNet is an error.
func Interpret(f *File) (*StateDict, error) {
	scheme, err := f.detect()
	if err != nil {
		return nil, fmt.Errorf("checkpoint %q: %w", f.Path, err)
	}
	sd := &StateDict{File: f, Scheme: scheme, source: map[string]*Tensor{}}
	bottleneck := func(stage string) bool {
		_, ok := f.byName["body.layer"+stage+".0.conv3.conv.weight"]
		return ok
	}
	for _, t := range f.tensors {
		name := t.Name
		if t.foreign {
			sd.foreign = append(sd.foreign, t)
			continue
		}
		if scheme == Timm {
			name = fromTimm(name, bottleneck)
		}
		if _, twice := sd.source[name]; twice {
			return nil, fmt.Errorf("checkpoint %q: two tensors are %q", f.Path, name)
		}
		sd.source[name] = t
		sd.names = append(sd.names, name)
	}
	if sd.Meta, err = DecodeMeta(f.Meta); err != nil {
		return nil, fmt.Errorf("checkpoint %q: %w", f.Path, err)
	}
	if sd.Spec, err = sd.infer(); err != nil {
		return nil, fmt.Errorf("checkpoint %q: %w", f.Path, err)
	}
	if sd.Meta != nil {
		if err := f.agree(Variant(sd.Meta.Weights)); err != nil {
			return nil, err
		}
		if err := sd.adoptSpec(sd.Meta.Spec); err != nil {
			return nil, fmt.Errorf("checkpoint %q: %w", f.Path, err)
		}
	}
	return sd, nil
}

// adoptSpec takes name and slopes, which shapes do not show, from metadata
// after comparing what shapes do show.
func (sd *StateDict) adoptSpec(stored model.Spec) error {
	seen := sd.Spec
	seen.Name, seen.Slope, seen.StemSlope = stored.Name, stored.Slope, stored.StemSlope
	if seen.Head != model.BottleneckHead && stored.Head != model.BottleneckHead {
		seen.HeadHidden = stored.HeadHidden
	}
	if fmt.Sprint(seen) != fmt.Sprint(stored) {
		return fmt.Errorf("its metadata says %+v, but its tensors are %+v", stored, sd.Spec)
	}
	sd.Spec = stored
	return nil
}

// Names lists the tensors in the order of the file.
func (sd *StateDict) Names() []string { return sd.names }

// Shape is the shape of a tensor; ok is false if there is none of that name.
func (sd *StateDict) Shape(name string) (shape []int, ok bool) {
	t, ok := sd.source[name]
	if !ok {
		return nil, false
	}
	return t.Shape, true
}

// Classes are the class names of csl's metadata or of the PyTorch wrapper, in
// index order; nil if the file has none.
func (sd *StateDict) Classes() []Class {
	if sd.Meta != nil && len(sd.Meta.Classes) > 0 {
		return sd.Meta.Classes
	}
	var list []Class
	for _, name := range sd.File.Classes {
		list = append(list, Class{Name: name})
	}
	return list
}

// Read reads a tensor into dst (of its number of elements, row-major, OIHW),
// converted to the meaning of the Alibaba scheme. Different tensors may be
// read at the same time.
//
// timm's scales are used as they are, ours as |γ|+1e-5. So a timm scale g
// becomes g-1e-5, which restores g to within one rounding. A negative g is
// made positive by negating that output channel's convolution weights and
// running mean, which gives the same output. Scales of less than 1e-5 in
// magnitude become 0, read as 1e-5: an error below 1e-5 of a normalised value.
func (sd *StateDict) Read(name string, dst []float32) error {
	t, ok := sd.source[name]
	if !ok {
		return fmt.Errorf("checkpoint %q has no tensor %q", sd.File.Path, name)
	}
	if err := t.ReadFloat32s(dst); err != nil {
		return fmt.Errorf("checkpoint %q: %w", sd.File.Path, err)
	}
	if sd.Scheme != Timm {
		return nil
	}
	return sd.convertTimm(name, t, dst)
}

// convertTimm changes dst, the tensor name as timm stores it.
func (sd *StateDict) convertTimm(name string, t *Tensor, dst []float32) error {
	switch {
	case strings.HasSuffix(t.Name, ".bn.weight"):
		for i, g := range dst {
			dst[i] = max(abs(g)-model.ABNEps, 0)
		}
		return nil
	case strings.HasSuffix(t.Name, ".bn.running_mean"):
		return sd.flip(strings.TrimSuffix(t.Name, "running_mean")+"weight", dst)
	case strings.HasSuffix(t.Name, ".conv.weight"):
		return sd.flip(strings.TrimSuffix(t.Name, "conv.weight")+"bn.weight", dst)
	}
	return nil
}

// flip negates the output channels of dst whose scale is negative.
func (sd *StateDict) flip(scale string, dst []float32) error {
	t, ok := sd.File.byName[scale]
	if !ok || t.Len() == 0 || len(dst)%t.Len() != 0 {
		return nil // the comparison with the architecture reports it
	}
	g, err := t.Float32s()
	if err != nil {
		return fmt.Errorf("checkpoint %q: %w", sd.File.Path, err)
	}
	per := len(dst) / len(g)
	for o, v := range g {
		if v >= 0 {
			continue
		}
		for i := o * per; i < (o+1)*per; i++ {
			dst[i] = -dst[i]
		}
	}
	return nil
}

func abs(v float32) float32 {
	if v < 0 {
		return -v
	}
	return v
}

// sameBlocks compares architectures without their heads.
func sameBlocks(a, b model.Spec) bool {
	return a.Planes == b.Planes && slices.Equal(a.Stages, b.Stages) && slices.Equal(a.Kinds, b.Kinds)
}

// blocks describes what [sameBlocks] compares.
func blocks(s model.Spec) string {
	return fmt.Sprintf("%s (stages %v, %d planes)", s.Name, s.Stages, s.Planes)
}

// CheckName compares the architecture with the one that the user expects. An
// unknown name and another architecture are errors; an empty name fits all.
func (sd *StateDict) CheckName(name string) error {
	if name == "" {
		return nil
	}
	want, err := model.Lookup(name)
	if err != nil {
		return err
	}
	if !sameBlocks(want, sd.Spec) {
		return fmt.Errorf("checkpoint %q %w %s: it is %s", sd.File.Path, ErrMismatch, name, blocks(sd.Spec))
	}
	return nil
}
