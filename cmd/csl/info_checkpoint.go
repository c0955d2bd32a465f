package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"csl/internal/checkpoint"
	"csl/internal/count"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/printable"
)

// checkpointInfo is what "csl info FILE" prints.
type checkpointInfo struct {
	File    string `json:"file"`
	Format  string `json:"format"`
	Size    int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
	Naming  string `json:"naming"`
	Wrapped string `json:"wrapped,omitempty"` // key of the state dict in a PyTorch file
	Prefix  string `json:"prefix,omitempty"`  // taken off all names

	Model      string            `json:"model"`
	Stages     []int             `json:"stages"`
	Planes     int               `json:"planes"`
	Kinds      []model.BlockKind `json:"kinds"`
	StemSlope  float64           `json:"stem_slope"`
	Slope      float64           `json:"slope"`
	Head       model.Head        `json:"head,omitempty"`
	HeadHidden int               `json:"head_hidden,omitempty"`
	OtherHead  string            `json:"other_head,omitempty"` // kind of a head that csl does not have
	NumClasses int               `json:"num_classes"`
	Parameters int64             `json:"parameters"`
	Tensors    int               `json:"tensors"`
	Types      map[string]int    `json:"types"` // tensors by element type

	Packed *checkpoint.PackedInfo `json:"packed,omitempty"` // what packed weights beside them are for

	Classes    []checkpoint.Class `json:"classes,omitempty"`
	Input      *checkpoint.Input  `json:"input,omitempty"`
	Threshold  float64            `json:"threshold,omitempty"`
	Thresholds []float32          `json:"thresholds,omitempty"`
	HasPrior   bool               `json:"has_prior"`
	Metrics    map[string]float64 `json:"metrics,omitempty"`
	Weights    string             `json:"weights,omitempty"`
	Version    string             `json:"csl_version,omitempty"`
	// Choice says which of several models of the file this is about.
	Choice string `json:"choice,omitempty"`
	// Beside are tensors that belong to no model; --strict=false skips them.
	Beside []string `json:"beside,omitempty"`
	// Skipped are classes and functions that the file names beside its tensors. None of them was run.
	Skipped []string `json:"skipped_objects,omitempty"`
	// NonFinite are tensors with values that are NaN or infinite.
	NonFinite []checkpoint.NonFinite `json:"non_finite,omitempty"`
	// Problem is why the file cannot be used as it is.
	Problem string `json:"problem,omitempty"`
}

func newCheckpointInfo(f *checkpoint.File, sd *checkpoint.StateDict) (*checkpointInfo, error) {
	sum, err := f.SHA256()
	if err != nil {
		return nil, err
	}
	s := sd.Spec
	c := &checkpointInfo{
		File: f.Path, Format: string(f.Format), Size: f.Size, SHA256: sum, Naming: string(sd.Scheme), Wrapped: f.Wrapped, Prefix: f.Prefix,
		Model: s.Name, Stages: s.Stages, Planes: s.Planes, Kinds: s.Kinds, StemSlope: s.StemSlope, Slope: s.Slope,
		OtherHead: sd.OtherHead, NumClasses: s.NumClasses, Types: map[string]int{}, Classes: sd.Classes(),
		Choice: f.Choice(), Skipped: f.Skipped,
	}
	if s.NumClasses > 0 {
		c.Head = s.Head
	}
	if s.Head == model.BottleneckHead {
		c.HeadHidden = s.HeadHidden
	}
	for _, t := range f.Tensors() {
		c.Tensors++
		c.Types[t.Type()]++
		if isParameter(t.Name) {
			c.Parameters += int64(t.Len())
		}
	}
	if m := sd.Meta; m != nil {
		c.Input, c.Threshold, c.Thresholds, c.HasPrior = m.Input, m.Threshold, m.Thresholds, len(m.Prior) > 0
		c.Metrics, c.Weights, c.Version = m.Metrics, m.Weights, m.Version
	}
	return c, nil
}

// isParameter tells what training learns from statistics, counters and fixed filters.
func isParameter(name string) bool {
	for _, end := range []string{".running_mean", ".running_var", ".num_batches_tracked", ".filt"} {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	return true
}

// write prints the facts, one per line.
func (c *checkpointInfo) write(w io.Writer) error {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-13s %s\n", name, printable.Line(fmt.Sprintf(format, args...)))
	}
	row("file", "%s", c.File)
	row("format", "%s%s", c.Format, c.wrapping())
	row("size", "%s bytes", thousands(c.Size))
	row("sha256", "%s", c.SHA256)
	row("names", "%s: %s", c.Naming, scales(c.Naming))
	row("architecture", "%s: blocks %v, %d planes", c.Model, c.Stages, c.Planes)
	row("slopes", "%g in the stem, %g in blocks", c.StemSlope, c.Slope)
	row("head", "%s", c.head())
	row("parameters", "%s in %s (%s)", thousands(c.Parameters), count.Of(c.Tensors, "tensor"), c.types())
	if c.Packed != nil {
		row("packed", "for %v", *c.Packed)
	}
	row("classes", "%s", c.classes())
	row("input", "%s", c.input())
	row("threshold", "%s", c.threshold())
	if c.HasPrior {
		row("prior", "one value per class")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
		row("metric", "%s %.4g", name, c.Metrics[name])
	}
	if c.Weights != "" {
		row("weights", "%s", c.Weights)
	}
	if c.Version != "" {
		row("written by", "%s", c.Version)
	}
	if c.Choice != "" {
		row("choice", "%s", c.Choice)
	}
	if n := len(c.Beside); n > 0 {
		row("beside", "%s of no model (%s): --strict=false skips them", count.Of(n, "tensor"), firstFew(c.Beside))
	}
	if n := len(c.Skipped); n > 0 {
		row("skipped", "%s of Python objects beside the tensors (%s); nothing was run", count.Of(n, "name"), firstFew(c.Skipped))
	}
	if text := checkpoint.DescribeNonFinite(c.NonFinite); text != "" {
		row("warning", "%s: its scores mean nothing", text)
	}
	if c.Problem != "" {
		row("problem", "%s", c.Problem)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (c *checkpointInfo) wrapping() string {
	s := ""
	if c.Wrapped != "" {
		s += fmt.Sprintf(", state dict under %q", c.Wrapped)
	}
	if c.Prefix != "" {
		s += fmt.Sprintf(", names without %q", c.Prefix)
	}
	return s
}

// scales says how a naming scheme's batch norm scales are read.
func scales(naming string) string {
	if naming == string(checkpoint.Timm) {
		return "scales are used as they are"
	}
	return "a scale s is read as |s| + 1e-5"
}

func (c *checkpointInfo) head() string {
	switch {
	case c.OtherHead != "":
		return c.OtherHead + ", which csl does not have: only the backbone can be used, as the start of a training"
	case c.NumClasses == 0:
		return "none: a backbone, which can only be fine-tuned"
	case c.Head == model.BottleneckHead:
		return fmt.Sprintf("bottleneck of %d, %s", c.HeadHidden, count.Of(c.NumClasses, "class"))
	}
	return fmt.Sprintf("%s, %s", c.Head, count.Of(c.NumClasses, "class"))
}

// types lists the element types, the most frequent first.
func (c *checkpointInfo) types() string {
	names := slices.Collect(maps.Keys(c.Types))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.Types[b], c.Types[a]), cmp.Compare(a, b))
	})
	return strings.Join(names, ", ")
}

// classesShown is how many names are printed; JSON has all.
const classesShown = 8

func (c *checkpointInfo) classes() string {
	if len(c.Classes) == 0 {
		return "no names: give them to csl infer with --classes FILE"
	}
	names := make([]string, len(c.Classes))
	for i, k := range c.Classes {
		names[i] = k.Name
	}
	return firstFew(names)
}

// firstFew lists the first names and how many more there are.
func firstFew(names []string) string {
	few := slices.Clone(names[:min(classesShown, len(names))])
	if more := len(names) - len(few); more > 0 {
		few = append(few, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(few, ", ")
}

func (c *checkpointInfo) input() string {
	in := c.Input
	if in == nil {
		return fmt.Sprintf("not stored: %dx%d, bilinear, 0 to 1 is assumed", model.DefaultSize, model.DefaultSize)
	}
	s := fmt.Sprintf("%dx%d, %s", in.Height, in.Width, in.Interpolation)
	if len(in.Mean) > 0 {
		s += fmt.Sprintf(", mean %v, std %v", in.Mean, in.Std)
	} else {
		s += ", 0 to 1"
	}
	if in.EXIFOrientation {
		s += ", turned as EXIF says"
	}
	return s
}

func (c *checkpointInfo) threshold() string {
	switch {
	case len(c.Thresholds) > 0:
		return "one per class"
	case c.Threshold > 0:
		return fmt.Sprint(c.Threshold)
	}
	return fmt.Sprintf("not stored: csl infer and csl validate take %v", modelfile.DefaultThreshold)
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
