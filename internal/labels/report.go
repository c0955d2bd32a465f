package labels

import (
	"fmt"
	"slices"
	"strings"

	"csl/internal/count"
)

// Oddity is a kind of thing a reader met and dealt with.
type Oddity string

// What readers count. The text is what a Report prints.
const (
	CrowdAnnotations Oddity = "crowd annotations (counted as present)"
	Unannotated      Oddity = "images without any annotation, dropped (data.keep_unannotated keeps them)"
	UnannotatedKept  Oddity = "images without any annotation, kept"
	DuplicateRows    Oddity = "rows that repeat an earlier one"
	DuplicateImages  Oddity = "image entries that repeat an earlier one"
	Contradictions   Oddity = "cells said to be both present and absent (taken as present)"
	MachineLabels    Oddity = "machine-generated rows, left out: only human-verified ones count"
	OtherClasses     Oddity = "annotations of classes outside the class list, left out"
	AbsentClasses    Oddity = "classes of the class list that the file does not know (unknown in every image)"
	SharedNames      Oddity = "classes whose display name is not unique (their id is added to it)"
	NotExhaustive    Oddity = "not-exhaustive marks without an instance (unknown)"
	ExplicitUnknown  Oddity = "rows that say -1 (unknown)"
)

// of says how many of the kind there are.
func (k Oddity) of(n int64) string {
	if n != 1 {
		return fmt.Sprintf("%d %s", n, k)
	}
	switch k {
	case CrowdAnnotations:
		return "1 crowd annotation (counted as present)"
	case Unannotated:
		return "1 image without any annotation, dropped (data.keep_unannotated keeps it)"
	case UnannotatedKept:
		return "1 image without any annotation, kept"
	case DuplicateRows:
		return "1 row that repeats an earlier one"
	case DuplicateImages:
		return "1 image entry that repeats an earlier one"
	case Contradictions:
		return "1 cell said to be both present and absent (taken as present)"
	case MachineLabels:
		return "1 machine-generated row, left out: only human-verified ones count"
	case OtherClasses:
		return "1 annotation of a class outside the class list, left out"
	case AbsentClasses:
		return "1 class of the class list that the file does not know (unknown in every image)"
	case SharedNames:
		return "1 class whose display name is not unique (its id is added to it)"
	case NotExhaustive:
		return "1 not-exhaustive mark without an instance (unknown)"
	case ExplicitUnknown:
		return "1 row that says -1 (unknown)"
	}
	return "1 of: " + string(k)
}

// maxExamples is how many of a kind a report names.
const maxExamples = 3

// Note is one kind of oddity: how many, and the first few by name.
type Note struct {
	Kind     Oddity
	Count    int64
	Examples []string
}

// Report says what a reader found.
type Report struct {
	Path    string
	Format  Format
	Images  int
	Classes int
	Notes   []Note // in the order in which they were first met
}

// Count is how often a kind was met.
func (r *Report) Count(kind Oddity) int64 {
	for _, n := range r.Notes {
		if n.Kind == kind {
			return n.Count
		}
	}
	return 0
}

// add counts one of a kind; example names it.
func (r *Report) add(kind Oddity, example func() string) { r.addN(kind, 1, example) }

// addN counts n of a kind, of which example names one. It may be nil.
func (r *Report) addN(kind Oddity, n int64, example func() string) {
	if n == 0 {
		return
	}
	i := slices.IndexFunc(r.Notes, func(n Note) bool { return n.Kind == kind })
	if i < 0 {
		i = len(r.Notes)
		r.Notes = append(r.Notes, Note{Kind: kind})
	}
	note := &r.Notes[i]
	note.Count += n
	if example != nil && len(note.Examples) < maxExamples {
		note.Examples = append(note.Examples, example())
	}
}

// String is the report for people: one line for the file, one per oddity.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s, %s", r.Path, r.Format, count.Of(r.Images, "image"), count.Of(r.Classes, "class"))
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "\n  %s", n.Kind.of(n.Count))
		if len(n.Examples) == 0 {
			continue
		}
		fmt.Fprintf(&b, ": %s", strings.Join(n.Examples, ", "))
		if n.Count > int64(len(n.Examples)) {
			b.WriteString(", ...")
		}
	}
	return b.String()
}
