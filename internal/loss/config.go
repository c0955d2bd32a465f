package loss

import (
	"fmt"
	"slices"
	"strings"

	"csl/internal/kernel"
	"csl/internal/limit"
)

// The values of Config.Name.
const (
	// Partial is the partial selective asymmetric loss.
	Partial = "partial"
	// Asymmetric is AsymmetricLoss: the focusing weight is a constant for the gradient.
	Asymmetric = "asl"
	// AsymmetricOptimized is AsymmetricLossOptimized: the gradient flows through the focusing weight.
	AsymmetricOptimized = "asl_optimized"
	// SingleLabel is ASLSingleLabel, with smoothing 0.1 and the mean over images.
	SingleLabel = "asl_single_label"
)

// The values of Config.Mode.
const (
	// Negative treats unknown cells as negatives with their own gamma and alpha.
	Negative = "negative"
	// Ignore gives unknown cells no weight.
	Ignore = "ignore"
	// IgnoreNormalizeClasses is Ignore with each image weighted by 1 + 1/(1+annotated cells).
	IgnoreNormalizeClasses = "ignore_normalize_classes"
	// Selective is Negative without the unknown cells that are likely positives: those of classes
	// with a large prior and the most likely ones of the batch.
	Selective = "selective"
)

// Config chooses a loss. Gammas are focusing exponents, alphas weights of the three kinds of cells.
//
// Which fields matter depends on Name. Partial uses all of them, TopK, TopKSkipsGated and
// PriorThreshold in mode Selective only. The asymmetric losses use GammaPos, GammaNeg, Clip,
// LogClamp and Mode, which must be Negative (unknown cells count as negatives) or Ignore; alphas
// must be 1. SingleLabel uses GammaPos and GammaNeg. The losses by assumption (BCENorm, WAN, LSAN, Hill,
// EM, EPR) use the alphas only, which weigh the terms, EPR also Expected, and
// so do those that correct labels (SPLC, LLR, LLCt, LLCp), with Tau, CorrectAfter and LargeLoss; Mode must be Negative.
type Config struct {
	Name string // one of Names
	Mode string // what becomes of unknown cells

	GammaPos, GammaNeg, GammaUnann float64 // at least 0
	AlphaPos, AlphaNeg, AlphaUnann float64 // at least 0

	// Clip shifts the negative probability: q = min(1, 1-p+Clip). In [0, 1).
	Clip float64
	// TopK times the number of images of the batch is how many unknown cells of the whole batch,
	// those with the smallest q, are dropped. Cells that the prior gate dropped count against that
	// number too, unless TopKSkipsGated.
	TopK           int
	TopKSkipsGated bool
	// LogClamp, if not 0, computes as the reference does: p and q = 1-p are rounded to the element
	// type and their logarithms clamped at this value (the reference's 1e-8), which makes gradients
	// of confident errors zero. 0 computes from the logits without either loss. In [0, 1).
	LogClamp float64
	// PriorThreshold gates: unknown cells of classes whose prior is larger (strictly, in float32)
	// are dropped. 0 means no gate.
	PriorThreshold float64
	// Expected is the number of positives of an image that EPR draws to. At least 0.
	Expected float64
	// Tau is the probability above which SPLC takes an unknown cell for a positive. In [0, 1).
	Tau float64
	// CorrectAfter is the number of epochs before SPLC, LLR, LLCt and LLCp correct labels. At least 0.
	CorrectAfter int
	// LargeLoss is how many unknown cells LLR, LLCt and LLCp correct, in percent of all cells: of LLR and
	// LLCt times the epoch, counted from 0. 0 means the published 0.5, 0.2 and 0.1. In [0, 100].
	LargeLoss float64
}

// own tells whether the loss decides itself what becomes of unknown cells.
func (c Config) own() bool {
	return c.Name == EPR || c.corrected().name != "" || c.assumed().name != ""
}

// Defaults are those of the reference code.
func Defaults() Config {
	return Config{
		Name: Partial, Mode: Negative,
		GammaPos: 0, GammaNeg: 1, GammaUnann: 2,
		AlphaPos: 1, AlphaNeg: 1, AlphaUnann: 1,
		TopK: 5, PriorThreshold: 0.05, Tau: 0.6, CorrectAfter: 1,
	}
}

// Names lists the values of Config.Name.
func Names() []string {
	return slices.Concat([]string{Partial, Asymmetric, AsymmetricOptimized, SingleLabel, EPR}, assumptions(), corrections())
}

// Modes lists the values of Config.Mode.
func Modes() []string { return []string{Selective, Ignore, Negative, IgnoreNormalizeClasses} }

// Problem is a field of a Config that has no meaning, or none with the others.
type Problem struct {
	Key  string // the field's key in the configuration, such as "loss.gamma_pos"
	Text string // what is wrong, the value included
}

// Error is Key and Text on one line.
func (p *Problem) Error() string { return p.Key + ": " + p.Text }

func problem(key, format string, args ...any) *Problem {
	return &Problem{key, fmt.Sprintf(format, args...)}
}

// Limits are those of the number with this key in the configuration.
func Limits(key string) limit.Range {
	switch key {
	case "loss.clip", "loss.log_clamp", "loss.splc_tau":
		return limit.Below1()
	case "loss.ll_percent":
		return limit.UpTo(100)
	}
	return limit.AtLeast0()
}

// Validate names the first field that has no meaning; the error is a [*Problem].
func (c Config) Validate() error {
	if !slices.Contains(Names(), c.Name) {
		return problem("loss.name", "%q is not allowed: must be one of %s", c.Name, strings.Join(Names(), ", "))
	}
	if !slices.Contains(Modes(), c.Mode) {
		return problem("loss.mode", "%q is not allowed: must be one of %s", c.Mode, strings.Join(Modes(), ", "))
	}
	for _, f := range []struct {
		key   string
		value float64
	}{
		{"loss.gamma_pos", c.GammaPos},
		{"loss.gamma_neg", c.GammaNeg},
		{"loss.gamma_unann", c.GammaUnann},
		{"loss.alpha_pos", c.AlphaPos},
		{"loss.alpha_neg", c.AlphaNeg},
		{"loss.alpha_unann", c.AlphaUnann},
		{"loss.clip", c.Clip},
		{"loss.log_clamp", c.LogClamp},
		{"prior.threshold", c.PriorThreshold},
		{"loss.expected_positives", c.Expected},
		{"loss.splc_tau", c.Tau},
		{"loss.ll_percent", c.LargeLoss},
	} {
		if r := Limits(f.key); !r.Has(f.value) {
			return problem(f.key, "%v is not allowed: must be %s", f.value, r)
		}
	}
	if c.TopK < 0 {
		return problem("loss.topk", "%d is not allowed: must be at least 0", c.TopK)
	}
	if c.CorrectAfter < 0 {
		return problem("loss.correct_after", "%d is not allowed: must be at least 0", c.CorrectAfter)
	}
	if p := c.Conflict(); p != nil {
		return p
	}
	return nil
}

// Conflict names the first field that has no meaning with the loss's name; nil for none.
func (c Config) Conflict() *Problem {
	if c.Name == Partial {
		return nil
	}
	if c.own() {
		if c.Mode == Negative {
			return nil
		}
		return problem("loss.mode", "%s is not allowed with loss.name %s, which decides itself about unknown labels: must be negative", c.Mode, c.Name)
	}
	if c.Mode != Negative && c.Mode != Ignore {
		return problem("loss.mode", "%s is not allowed with loss.name %s: must be negative or ignore", c.Mode, c.Name)
	}
	for _, a := range []struct {
		key   string
		value float64
	}{{"loss.alpha_pos", c.AlphaPos}, {"loss.alpha_neg", c.AlphaNeg}, {"loss.alpha_unann", c.AlphaUnann}} {
		if a.value != 1 {
			return problem(a.key, "%v is not allowed with loss.name %s, which has no weights: must be 1", a.value, c.Name)
		}
	}
	return nil
}

// checkPrior demands one value in [0, 1] per class; nil stands for none.
func checkPrior(prior []float32, classes int) error {
	if prior == nil {
		return nil
	}
	if len(prior) != classes {
		return fmt.Errorf("loss: prior of %d classes for logits of %d", len(prior), classes)
	}
	for i, v := range prior {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("loss: prior of class number %d is %v, not in [0, 1]", i, v)
		}
	}
	return nil
}

// spec is a Config in the form that kernels use: a plain comparable value.
type spec struct {
	pos, neg, unknown weighting
	clip, logClamp    float64
	ignore            bool // unknown cells have no weight
	normalize         bool // image weight 1 + 1/(1+annotated)
	focusGrad         bool // the gradient flows through the focusing weight
	topK              int  // per image; 0 outside the selective mode
	topKSkipsGated    bool
	// gate holds one byte per class, 1 where the prior drops unknown cells; empty without a gate.
	// A string, because it is comparable and cannot change.
	gate string
}

type weighting struct{ alpha, gamma float64 }

// spec translates a valid Config with one of the cell-wise losses.
func (c Config) spec(prior []float32) spec {
	s := spec{
		pos: weighting{c.AlphaPos, c.GammaPos}, neg: weighting{c.AlphaNeg, c.GammaNeg},
		unknown: weighting{c.AlphaUnann, c.GammaUnann},
		clip:    c.Clip, logClamp: c.LogClamp,
		ignore:    c.Mode == Ignore || c.Mode == IgnoreNormalizeClasses,
		normalize: c.Mode == IgnoreNormalizeClasses,
		focusGrad: c.Name == AsymmetricOptimized,
	}
	if c.Name != Partial {
		s.unknown = s.neg
	}
	if c.Mode == Selective {
		s.topK, s.topKSkipsGated = c.TopK, c.TopKSkipsGated
		s.gate = gateOf(prior, c.PriorThreshold)
	}
	return s
}

// gateOf compares in float32, as the reference does.
func gateOf(prior []float32, threshold float64) string {
	if prior == nil || threshold == 0 {
		return ""
	}
	g := make([]byte, len(prior))
	for i, v := range prior {
		if v > float32(threshold) {
			g[i] = 1
		}
	}
	return string(g)
}

// New makes an evaluator of the loss that c describes for batches of rows images and classes
// classes. prior holds one value per class in class order, nil for none; only the selective mode
// uses it. In float32 the evaluator computes with the assembly of set where that has some; nil is portable.
// SingleLabel has its own function.
func New[T kernel.Float](set kernel.Set[float32], c Config, prior []float32, rows, classes int) (*Evaluator[T], error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Name == SingleLabel || c.own() {
		return nil, problem("loss.name", "%s has no cell-wise evaluator", c.Name)
	}
	if err := checkPrior(prior, classes); err != nil {
		return nil, err
	}
	if rows < 1 || classes < 1 {
		return nil, fmt.Errorf("loss of %d images and %d classes: both must be at least 1", rows, classes)
	}
	return newEvaluator[T](set, c.spec(prior), rows, classes), nil
}
