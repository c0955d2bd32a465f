package audit

import (
	"math"

	"csl/internal/audit/list"
	"csl/internal/labels"
)

// Basis says how scores of a class are made comparable with those of others.
type Basis string

const (
	// ByProbability: the probability after correction for label shift.
	ByProbability Basis = "probability"
	// ByShare: annotated cells do not tell what scores of the class are worth; each unknown cell has the share of
	// annotated positives as its chance, and scores only order cells of the class.
	ByShare Basis = "share"
	// ByRank: no class has annotated cells of both labels; chances follow from ranks within the class.
	ByRank Basis = "rank"
)

// Measured says on which cells it was measured what scores are worth.
type Measured string

const (
	// OnValidation: on annotated cells of the validation images.
	OnValidation Measured = "validation"
	// OnAudited: on the annotated cells that are audited.
	OnAudited Measured = "audited"
)

// Result is an audit.
type Result struct {
	Images    int   `json:"images"`    // scored
	Skipped   int   `json:"skipped"`   // images
	Positives int64 `json:"positives"` // cells
	Negatives int64 `json:"negatives"` // cells
	Unknown   int64 `json:"unknown"`   // cells
	Folds     int   `json:"folds"`     // 0 = none
	// Measured says on which cells it was measured what scores are worth.
	Measured Measured `json:"measured_on"`
	// ByBasis counts classes.
	ByBasis    map[Basis]int    `json:"classes_by_basis"`
	Classes    []Class          `json:"classes"`              // in the order of the labels
	List       []list.Candidate `json:"-"`                    // the best question first
	Listed     int              `json:"listed"`               // cells
	Set        *labels.Set      `json:"-"`                    // the labels that were audited
	Comparison *Comparison      `json:"comparison,omitempty"` // nil without full annotations
}

// Class is what an audit says of a class.
type Class struct {
	Name      string `json:"class"`     // as the labels have it
	Positives int64  `json:"positives"` // cells
	Negatives int64  `json:"negatives"` // cells
	Unknown   int64  `json:"unknown"`   // cells
	Basis     Basis  `json:"basis"`     // how its scores are made comparable
	// Missing is how many of the unknown cells are expected to be present; nil where ranks decide.
	Missing *float64 `json:"expected_present,omitempty"`
	// Listed counts listed cells by reason.
	Listed map[list.Reason]int `json:"listed,omitempty"`
}

// result is all but the list.
func (w *work) result(j *judge, expected []float64) *Result {
	r := &Result{Set: w.set, Folds: w.o.Folds, Measured: OnAudited, ByBasis: map[Basis]int{}}
	if w.held != nil {
		r.Measured = OnValidation
	}
	for i, n := range j.count {
		c := Class{Name: w.set.Classes[i].Name, Positives: n.positives, Negatives: n.negatives, Unknown: n.unknown, Basis: j.basis(i)}
		if c.Basis != ByRank {
			c.Missing = &expected[i]
		}
		r.ByBasis[c.Basis]++
		r.Positives, r.Negatives, r.Unknown = r.Positives+n.positives, r.Negatives+n.negatives, r.Unknown+n.unknown
		r.Classes = append(r.Classes, c)
	}
	r.Images = int((r.Positives + r.Negatives + r.Unknown) / int64(max(1, j.classes)))
	r.Skipped = w.skipped()
	return r
}

// skipped is how many images could not be scored.
func (w *work) skipped() int {
	n := 0
	sources := []source{w.held}
	if k, ok := w.source.(*keeping); ok {
		sources = append(sources, k.from)
	}
	for _, s := range sources {
		if m, ok := s.(*modelSource); ok && m != nil {
			n += len(m.split.Skipped) + m.skipped
		}
	}
	return n
}

func scoreOf(logit float32) float32 { return float32(1 / (1 + math.Exp(-float64(logit)))) }
