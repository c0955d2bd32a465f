package validate

import "csl/internal/metric"

// Document is a result as JSON: what "csl validate --format json" prints, and what a run keeps of its test.
type Document struct {
	metric.Report
	Skipped []SkippedImage `json:"skipped,omitempty"` // images that could not be used
	// Threshold is the score above which a class counted as present; Thresholds are one per class.
	Threshold  *float32  `json:"threshold,omitempty"`
	Thresholds []float32 `json:"thresholds,omitempty"`

	Bootstrap   *metric.Bootstrap   `json:"bootstrap,omitempty"`   // where it was asked for
	Groups      []metric.Group      `json:"groups"`                // classes by annotations
	Frequencies []Frequency         `json:"frequencies,omitempty"` // classes by frequency in LVIS
	Calibration *metric.Calibration `json:"calibration,omitempty"` // towards annotated cells
}

// SkippedImage is an image that could not be used, in the form of "csl infer".
type SkippedImage struct {
	Image string `json:"image"` // its name
	Error string `json:"error"` // why
}

// Document is the result as it is written.
func (r Result) Document() Document {
	d := Document{Report: *r.Report, Bootstrap: r.Bootstrap, Groups: r.Groups, Frequencies: r.Frequencies, Calibration: r.Calibration}
	if r.OneThreshold {
		d.Threshold = &r.Thresholds[0]
	} else {
		d.Thresholds = r.Thresholds
	}
	for _, b := range r.Skipped {
		d.Skipped = append(d.Skipped, SkippedImage{b.Name, b.Why()})
	}
	return d
}
