package labels

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"csl/internal/count"
)

// Diagnostic is a kind of thing a reader met and dealt with.
type Diagnostic string

// What readers count. The text is what a Report prints.
const (
	CrowdAnnotations Diagnostic = "crowd annotations (counted as present)"
	Unannotated      Diagnostic = "images without any annotation, dropped (data.keep_unannotated keeps them)"
	UnannotatedKept  Diagnostic = "images without any annotation, kept"
	DuplicateRows    Diagnostic = "rows that repeat an earlier one"
	DuplicateImages  Diagnostic = "image entries that repeat an earlier one"
	Contradictions   Diagnostic = "cells said to be both present and absent (taken as present)"
	MachineLabels    Diagnostic = "machine-generated rows, skipped: only human-verified ones count"
	OtherClasses     Diagnostic = "annotations of classes outside the class list, skipped"
	AbsentClasses    Diagnostic = "classes of the class list that the file does not know (unknown in every image)"
	SharedNames      Diagnostic = "classes whose display name is not unique (their id is added to it)"
	NotExhaustive    Diagnostic = "not-exhaustive marks without an instance (unknown)"
	ExplicitUnknown  Diagnostic = "rows that say -1 (unknown)"
	MostlyUnknown    Diagnostic = "-1 (unknown) is the most frequent value: if -1 means absent here, as in Pascal VOC, set data.values: voc"
	SimilarNames     Diagnostic = "classes whose names differ only in case or spaces from another one"
	DifficultObjects Diagnostic = "classes of which an image has only difficult objects (unknown)"
	WithoutObjects   Diagnostic = "images without any object or tag (all classes absent, or unknown with data.missing: unknown)"
	WithoutFolder    Diagnostic = "images that lie in no folder of a class, skipped"
	OtherSplits      Diagnostic = "images of other splits, skipped"
	SameNames        Diagnostic = "categories without annotations that have the name of another one, skipped"
	Revised          Diagnostic = "answers that a later row of the same file replaces"
	LaterLabels      Diagnostic = "labels in later files"
	Overruled        Diagnostic = "known labels that a later file contradicts (the later one counts)"
	Doubted          Diagnostic = "known labels that a later file makes unknown"
	NewClasses       Diagnostic = "classes that only a later file has"
	IdleDescriptions Diagnostic = "data.class_descriptions is not used: labels of this format name their classes themselves"
)

// IsWarning tells whether a diagnostic is likely to be a mistake in the file or the settings.
func (k Diagnostic) IsWarning() bool {
	return k == SimilarNames || k == MostlyUnknown || k == IdleDescriptions
}

// of says how many of the kind there are.
func (k Diagnostic) of(n int64) string {
	if k == MostlyUnknown || k == IdleDescriptions {
		return string(k)
	}
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
		return "1 machine-generated row, skipped: only human-verified ones count"
	case OtherClasses:
		return "1 annotation of a class outside the class list, skipped"
	case AbsentClasses:
		return "1 class of the class list that the file does not know (unknown in every image)"
	case SharedNames:
		return "1 class whose display name is not unique (its id is added to it)"
	case NotExhaustive:
		return "1 not-exhaustive mark without an instance (unknown)"
	case ExplicitUnknown:
		return "1 row that says -1 (unknown)"
	case SimilarNames:
		return "1 class whose name differs only in case or spaces from another one"
	case DifficultObjects:
		return "1 class of which an image has only difficult objects (unknown)"
	case WithoutObjects:
		return "1 image without any object or tag (all classes absent, or unknown with data.missing: unknown)"
	case WithoutFolder:
		return "1 image that lies in no folder of a class, skipped"
	case OtherSplits:
		return "1 image of another split, skipped"
	case SameNames:
		return "1 category without annotations that has the name of another one, skipped"
	case Revised:
		return "1 answer that a later row of the same file replaces"
	case LaterLabels:
		return "1 label in later files"
	case Overruled:
		return "1 known label that a later file contradicts (the later one counts)"
	case Doubted:
		return "1 known label that a later file makes unknown"
	case NewClasses:
		return "1 class that only a later file has"
	}
	return "1 of: " + string(k)
}

// quotePair names two values of one kind.
func quotePair(a, b string) string { return fmt.Sprintf("%q and %q", a, b) }

// maxExamples is how many of a kind a report names, if not told otherwise.
const maxExamples = 3

// Note is one kind of diagnostic: how many, and the first few by name.
type Note struct {
	Kind     Diagnostic // what was found
	Count    int64      // how many times
	Examples []string   // the first places, up to three or Options.Examples
}

// Report says what a reader found.
type Report struct {
	Path    string // the file read
	Format  Format // its format
	Images  int    // number of images
	Classes int    // number of classes
	Notes   []Note // in the order in which they were first met

	examples  int  // how many of a kind are named; 0 for maxExamples
	described bool // Options.ClassDescriptions was used
}

// Count is how often a kind was met.
func (r *Report) Count(kind Diagnostic) int64 {
	for _, n := range r.Notes {
		if n.Kind == kind {
			return n.Count
		}
	}
	return 0
}

// add counts one of a kind; example names it.
func (r *Report) add(kind Diagnostic, example func() string) { r.addN(kind, 1, example) }

// addN counts n of a kind, of which example names one. It may be nil.
func (r *Report) addN(kind Diagnostic, n int64, example func() string) {
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
	if example != nil && len(note.Examples) < max(r.examples, maxExamples) {
		note.Examples = append(note.Examples, example())
	}
}

// take adds what the reader of a later file found. Classes that only that file lacks are not missing.
func (r *Report) take(later *Report) {
	r.described = r.described || later.described
	for _, n := range later.Notes {
		if n.Kind == AbsentClasses || n.Kind == SimilarNames {
			continue
		}
		r.addN(n.Kind, n.Count, nil)
		note := &r.Notes[slices.IndexFunc(r.Notes, func(m Note) bool { return m.Kind == n.Kind })]
		room := max(r.examples, maxExamples) - len(note.Examples)
		note.Examples = append(note.Examples, n.Examples[:min(room, len(n.Examples))]...)
	}
}

// noteDescriptions says that class descriptions were given which no reader used.
func (r *Report) noteDescriptions(o Options) {
	if o.ClassDescriptions != "" && !r.described {
		r.add(IdleDescriptions, func() string { return strconv.Quote(o.ClassDescriptions) })
	}
}

// recountAbsent counts anew the classes of a list that no file has.
func (r *Report) recountAbsent(classes []Class) {
	r.Notes = slices.DeleteFunc(r.Notes, func(n Note) bool { return n.Kind == AbsentClasses })
	(&classList{classes: classes}).reportAbsent(r)
}

// String is the report for people: one line for the file, one per diagnostic.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s, %s", r.Path, r.Format, count.Of(r.Images, "image"), count.Of(r.Classes, "class"))
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "\n  %s", n)
	}
	return b.String()
}

// String is the note on one line.
func (n Note) String() string {
	text := n.Kind.of(n.Count)
	if len(n.Examples) == 0 {
		return text
	}
	shown := n.Examples[:min(maxExamples, len(n.Examples))]
	text += ": " + strings.Join(shown, ", ")
	if n.Count > int64(len(shown)) {
		text += ", ..."
	}
	return text
}
