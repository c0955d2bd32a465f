package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"csl/internal/model"
)

// Variant says which of the models of a file is meant: many training scripts
// keep the moving average of the weights beside the weights.
type Variant string

// The variants by the names that flags give them.
const (
	// AnyVariant is the regular weights if the file has them, else the average.
	AnyVariant Variant = ""
	// Regular weights are those that training steps change.
	Regular Variant = model.WeightsRegular
	// Averaged weights are a moving average of them.
	Averaged Variant = model.WeightsAveraged
)

// ParseVariant reads a variant's name; "auto" and "" are AnyVariant.
func ParseVariant(name string) (Variant, error) {
	switch v := Variant(strings.ToLower(name)); v {
	case "auto":
		return AnyVariant, nil
	case AnyVariant, Regular, Averaged:
		return v, nil
	}
	return "", fmt.Errorf("weights %q: must be auto, %s or %s", name, Regular, Averaged)
}

// averagedWords are parts of keys and prefixes that tell averaged weights.
var averagedWords = []string{"ema", "swa", "avg", "average", "averaged", "shadow", "teacher"}

// variantOf classifies a model by where it was found in the file.
func variantOf(where string) Variant {
	words := strings.FieldsFunc(strings.ToLower(where), func(c rune) bool { return c < '0' || c > '9' && c < 'a' || c > 'z' })
	if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(averagedWords, w) }) {
		return Averaged
	}
	return Regular
}

// tensorSet is one model of a file: the tensors under one key of a PyTorch
// file whose names share a prefix.
type tensorSet struct {
	variant Variant
	key     string // of the dictionary in a PyTorch file; "" without
	prefix  string // taken off all names
	tensors []*Tensor
}

// where tells people which one it is.
func (s *tensorSet) where() string {
	switch {
	case s.key != "" && s.prefix != "":
		return fmt.Sprintf("%q in %q", s.prefix, s.key)
	case s.key != "":
		return fmt.Sprintf("%q", s.key)
	case s.prefix != "":
		return fmt.Sprintf("%q", s.prefix)
	}
	return "no prefix"
}

// Select makes the tensors of another model of the file the file's, and must
// come before [Interpret]. Open selects AnyVariant. A file without the variant
// is an error.
func (f *File) Select(v Variant) error {
	f.asked = v
	at := slices.IndexFunc(f.sets, func(s *tensorSet) bool { return v == AnyVariant || s.variant == v })
	switch {
	case at >= 0:
		return f.use(f.sets[at])
	case v == Averaged && f.Meta[keyWeights] == string(Averaged):
		return nil // csl's own file says so in its metadata
	}
	return f.lacks(v)
}

// agree notes what csl's metadata says of the weights, and compares it with
// what was selected.
func (f *File) agree(stored Variant) error {
	if stored != Averaged || f.Variant == Averaged {
		return nil
	}
	if f.asked == Regular {
		return f.lacks(Regular)
	}
	f.Variant = Averaged
	return nil
}

// lacks says that the file has the other weights only.
func (f *File) lacks(v Variant) error {
	kind, other := "regular", Averaged
	if v == Averaged {
		kind, other = "averaged", Regular
	}
	return fmt.Errorf("checkpoint %q has no %s weights: take those that it has with --weights %s", f.Path, kind, other)
}

// use makes a set the file's.
func (f *File) use(s *tensorSet) error {
	f.selected, f.Wrapped, f.Prefix, f.Variant = s, s.key, s.prefix, s.variant
	return f.add(s.tensors)
}

// Choice says which weights are used where the file has several models, or
// only averaged weights; else it is "".
func (f *File) Choice() string {
	if len(f.sets) == 1 && (f.Variant == Regular || f.selected.key+f.selected.prefix == "") {
		return ""
	}
	kinds := map[Variant]string{Regular: "regular", Averaged: "averaged"}
	text := fmt.Sprintf("the %s weights (%s) are used", kinds[f.Variant], f.selected.where())
	if len(f.sets) == 1 {
		return text + ": the file has no others"
	}
	var others []string
	switchTo := AnyVariant
	for _, s := range f.sets {
		if s == f.selected {
			continue
		}
		others = append(others, fmt.Sprintf("%s weights (%s)", kinds[s.variant], s.where()))
		if s.variant != f.Variant {
			switchTo = s.variant
		}
	}
	if len(others) > shown {
		others = append(others[:shown], "...")
	}
	text += "; the file also has " + strings.Join(others, ", ")
	if switchTo != AnyVariant {
		text += fmt.Sprintf("; --weights %s takes those", switchTo)
	}
	return text
}
