// Package rundir knows the folder of one training run: the names of its files and the records in
// them. The trainer writes them, reports read them; nothing here computes.
//
// docs/formats.md describes the folder for users.
package rundir

import "strings"

// Names of the files and folders in a run's folder.
const (
	Config  = "config.yaml"             // the resolved configuration: running it again gives the same result
	Labels  = "labels.csv"              // the sampled partial labels, when they were simulated
	Metrics = "metrics.jsonl"           // one Step or Validation a line; no clock values: equal runs give equal files
	Timings = "timing.jsonl"            // one Timing a line: what the clock said
	Events  = "events.out.tfevents.csl" // TensorBoard's curves, with clock values, where train.tensorboard asks for them
	Best    = "best.safetensors"        // the weights that scored best, and which they were
	Prior   = "prior.csv"               // the class prior of an estimating run
	Report  = "report.html"             // the page for people
	Skipped = "skipped.txt"             // skipped images, one a line, with the reason
	// The result of the test split, as "csl validate --format json" prints it, and the scores of its images by classes.
	Test       = "test.json"
	TestScores = "test_scores.npy"
)

// Kinds of records in Metrics.
const (
	KindStep       = "step"
	KindValidation = "validation"
)

// Step is what one logging interval of training looked like. Sums and counts are means over the
// steps since the last record, per image.
type Step struct {
	Kind  string  `json:"kind"`  // KindStep
	Step  int     `json:"step"`  // optimizer steps done
	Epoch int     `json:"epoch"` // epochs completed before this one
	LR    float64 `json:"lr"`    // learning rate of the last step
	Beta1 float64 `json:"beta1"` // of the last step
	// Loss per image and its three terms: annotated positive, annotated negative, unknown.
	Loss     float64 `json:"loss"`
	Positive float64 `json:"loss_pos"`
	Negative float64 `json:"loss_neg"`
	Unknown  float64 `json:"loss_unann"`
	// Share of the unknown cells that the class prior dropped, that top-K dropped, and that any
	// of the two dropped. 0..1.
	DroppedPrior float64 `json:"dropped_prior"`
	DroppedTopK  float64 `json:"dropped_topk"`
	Dropped      float64 `json:"dropped"`
	// Share of the unknown cells that the loss counted as positive; of losses that correct labels.
	Corrected float64 `json:"corrected,omitempty"`
}

// Scores are the headline numbers of one validation, in percent; nil where undefined.
type Scores struct {
	MAPPartial *float64 `json:"map_partial"` // mAP(C): annotated cells only
	MAPO       *float64 `json:"map_o"`       // mAP(O)
	MAP        *float64 `json:"map"`         // the reference's: unknown counted as negative
	CF1        *float64 `json:"cf1"`         // F1, mean over classes
	OF1        *float64 `json:"of1"`         // F1 of all cells together
}

// ByName lists the scores by their names in records and in train.monitor.
func (s Scores) ByName() map[string]*float64 {
	return map[string]*float64{"map_partial": s.MAPPartial, "map_o": s.MAPO, "map": s.MAP, "cf1": s.CF1, "of1": s.OF1}
}

// MetricName is a metric, by its name in records and in train.monitor, as logs, summaries and reports call it.
func MetricName(monitor string) string {
	switch monitor {
	case "map_partial":
		return "mAP(C)"
	case "map_o":
		return "mAP(O)"
	case "map":
		return "mAP, unknown as negative"
	}
	return strings.ToUpper(monitor)
}

// Sources of weights (Validation.Source).
const (
	Regular = "regular" // the trained weights
	EMA     = "ema"     // their moving average
)

// Validation is one validation of both sets of weights.
type Validation struct {
	Kind    string `json:"kind"`    // KindValidation
	Step    int    `json:"step"`    // optimizer steps done
	Epoch   int    `json:"epoch"`   // epochs completed before this one
	Regular Scores `json:"regular"` // scores of the weights
	EMA     Scores `json:"ema"`     // scores of the averaged weights
	// Monitor is the watched metric, Best the better value of the two this time, Source the weights that
	// have it (Regular or EMA), Improved whether it was the best of the run so far.
	Monitor  string   `json:"monitor"`
	Best     *float64 `json:"best"`
	Source   string   `json:"source"`
	Improved bool     `json:"improved"`
	// Notes say which metrics are undefined (null), and why.
	Notes []string `json:"notes,omitempty"`
}

// Timing is what the clock said over one logging interval or validation.
type Timing struct {
	Kind    string  `json:"kind"`              // step or validation
	Step    int     `json:"step"`              // optimizer steps done
	Seconds float64 `json:"seconds"`           // of this interval
	Rate    float64 `json:"images_per_second"` // images over seconds
	Elapsed float64 `json:"elapsed"`           // since this process started training
}
