// Package model is the TResNet family: one table of specifications, the weights under the names of
// published checkpoints, and one builder of the graphs that train, evaluate and infer with them. It
// reads and writes no files and knows no losses, labels or recipes.
package model

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"csl/internal/similar"
)

// BlockKind is the kind of the residual blocks of a stage.
type BlockKind string

// The two kinds of blocks: two 3x3 convolutions, or 1x1, 3x3 and 1x1 with four times wider outputs.
const (
	Basic      BlockKind = "basic"
	Bottleneck BlockKind = "bottleneck"
)

// Head is the kind of classifier behind the pooled features.
type Head string

// The two heads: one linear layer, or two with HeadHidden features and no activation in between.
const (
	PlainHead      Head = "plain"
	BottleneckHead Head = "bottleneck"
)

// stageCount is the number of stages of every TResNet; all but the last have squeeze-excite.
const stageCount = 4

// Spec describes a model completely.
type Spec struct {
	Name       string      // a known one, or any other for messages
	Stages     []int       // blocks per stage, four stages
	Planes     int         // width of the first stage; doubles with each stage
	Kinds      []BlockKind // per stage
	StemSlope  float64     // of the activation below zero after the first convolution, in (0,1)
	Slope      float64     // the same inside blocks
	Head       Head        // its kind
	HeadHidden int         // width of the bottleneck head
	NumClasses int         // outputs
}

// specs is the table of known models; classes are the caller's to fill in.
func specs() []Spec {
	mixed := []BlockKind{Basic, Basic, Bottleneck, Bottleneck}
	deep := []BlockKind{Bottleneck, Bottleneck, Bottleneck, Bottleneck}
	table := []Spec{
		{Name: "tresnet_m", Stages: []int{3, 4, 11, 3}, Planes: 64, Kinds: mixed, StemSlope: 1e-2, Slope: 1e-3},
		{Name: "tresnet_l", Stages: []int{4, 5, 18, 3}, Planes: 76, Kinds: mixed, StemSlope: 1e-2, Slope: 1e-3},
		{Name: "tresnet_xl", Stages: []int{4, 5, 24, 3}, Planes: 83, Kinds: mixed, StemSlope: 1e-2, Slope: 1e-3},
		{Name: "tresnet_l_v2", Stages: []int{3, 4, 23, 3}, Planes: 64, Kinds: deep, StemSlope: 1e-6, Slope: 1e-6},
		{Name: "tresnet_s", Stages: []int{1, 1, 2, 1}, Planes: 16, Kinds: mixed, StemSlope: 1e-2, Slope: 1e-3},
		{Name: "tresnet_tiny", Stages: []int{1, 1, 1, 1}, Planes: 8, Kinds: mixed, StemSlope: 1e-2, Slope: 1e-3},
	}
	for i := range table {
		table[i].Head, table[i].HeadHidden = PlainHead, 512
	}
	return table
}

// Names lists the known models.
func Names() []string {
	var names []string
	for _, s := range specs() {
		names = append(names, s.Name)
	}
	return names
}

// maxClasses is the most outputs of a model, far above what labels name.
const maxClasses = 1 << 24

// Lookup returns the specification of a known model with a plain head and no classes yet. The error
// for an unknown name lists the known ones, the nearest first.
func Lookup(name string) (Spec, error) {
	for _, s := range specs() {
		if s.Name == name {
			return s, nil
		}
	}
	names := Names()
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(unlike(a, name), unlike(b, name)) })
	return Spec{}, fmt.Errorf("unknown model %q: known are %s", name, strings.Join(names, ", "))
}

// unlike says how far a typed name is from a known one, which people may shorten: "tiny", "M".
func unlike(known, typed string) int {
	typed = strings.ReplaceAll(strings.ToLower(typed), "-", "_")
	return min(similar.Distance(known, typed), similar.Distance(strings.TrimPrefix(known, "tresnet_"), typed))
}

// Validate reports everything that makes the specification impossible.
func (s Spec) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(s.Stages) != stageCount {
		fail("stages %v: want %d numbers", s.Stages, stageCount)
	}
	for _, n := range s.Stages {
		if n < 1 || n > 1000 {
			fail("stages %v: %d blocks", s.Stages, n)
		}
	}
	if len(s.Kinds) != stageCount {
		fail("kinds %v: want %d", s.Kinds, stageCount)
	}
	for _, k := range s.Kinds {
		if k != Basic && k != Bottleneck {
			fail("block kind %q: want %s or %s", k, Basic, Bottleneck)
		}
	}
	if s.Planes < 1 || s.Planes > 4096 {
		fail("planes %d: want 1 to 4096", s.Planes)
	}
	for _, slope := range []float64{s.StemSlope, s.Slope} {
		if !(slope > 0 && slope < 1) {
			fail("activation slope %g: want more than 0 and less than 1", slope)
		}
	}
	switch {
	case s.Head != PlainHead && s.Head != BottleneckHead:
		fail("head %q: want %s or %s", s.Head, PlainHead, BottleneckHead)
	case s.Head == BottleneckHead && s.HeadHidden < 1:
		fail("hidden width of the head is %d", s.HeadHidden)
	}
	if s.NumClasses < 1 || s.NumClasses > maxClasses {
		fail("%d classes: want 1 to %d", s.NumClasses, maxClasses)
	}
	if len(errs) > 0 {
		return fmt.Errorf("model %q: %w", s.Name, errors.Join(errs...))
	}
	return nil
}
