package config

import (
	"csl/internal/loss"
	"csl/internal/prior"
)

// Loss is the training loss: the fields of [loss.Config] that have a row under "loss". What they mean,
// may be and demand of each other is defined there.
type Loss struct {
	Name                           string  // one of loss.Names
	Mode                           string  // one of loss.Modes
	GammaPos, GammaNeg, GammaUnann float64 // focusing powers
	AlphaPos, AlphaNeg, AlphaUnann float64 // weights of the kinds of cells
	Clip                           float64 // added to the probability of a negative
	TopK                           int     // unknown cells dropped per image
	TopKSkipsGated                 bool    // whether gated cells do not use up TopK
	LogClamp                       float64 // lower bound of the argument of the logarithm; 0 = none
	Expected                       float64 // 0: from the data
}

// What the loss makes of unknown labels (Loss.Mode).
const (
	ModeNegative               = loss.Negative
	ModeIgnore                 = loss.Ignore
	ModeIgnoreNormalizeClasses = loss.IgnoreNormalizeClasses
	ModeSelective              = loss.Selective
)

func defaultLoss() Loss {
	d := loss.Defaults()
	return Loss{
		Name: d.Name, Mode: d.Mode,
		GammaPos: d.GammaPos, GammaNeg: d.GammaNeg, GammaUnann: d.GammaUnann,
		AlphaPos: d.AlphaPos, AlphaNeg: d.AlphaNeg, AlphaUnann: d.AlphaUnann,
		Clip: d.Clip, TopK: d.TopK, TopKSkipsGated: d.TopKSkipsGated, LogClamp: d.LogClamp,
	}
}

// LossConfig is the loss that the settings describe; its gate is that of [prior.Prior.Gate] for
// [Config.PriorSelection].
func (c *Config) LossConfig() loss.Config {
	l := c.Loss
	return loss.Config{
		Name: l.Name, Mode: l.Mode,
		GammaPos: l.GammaPos, GammaNeg: l.GammaNeg, GammaUnann: l.GammaUnann,
		AlphaPos: l.AlphaPos, AlphaNeg: l.AlphaNeg, AlphaUnann: l.AlphaUnann,
		Clip: l.Clip, TopK: l.TopK, TopKSkipsGated: l.TopKSkipsGated, LogClamp: l.LogClamp, Expected: l.Expected,
		PriorThreshold: prior.GateThreshold,
	}
}

func (l *Loss) settings() []setting {
	return []setting{
		{
			name: "loss.name", value: text{&l.Name, loss.Names()},
			meaning: "partial asymmetric loss with the modes below, ASL (modes negative and ignore), or a loss with its own assumption on unknown labels",
		},
		{
			name: "loss.mode", flag: "partial_loss_mode",
			value:   text{&l.Mode, loss.Modes()},
			meaning: "unknown labels: negatives unless likely positive, ignored, negatives, or ignored with images of few labels weighing more",
		},
		{name: "loss.gamma_pos", flag: "gamma_pos", value: atLeast0(&l.GammaPos), meaning: "focusing power of annotated positives"},
		{name: "loss.gamma_neg", flag: "gamma_neg", value: atLeast0(&l.GammaNeg), meaning: "focusing power of annotated negatives"},
		{name: "loss.gamma_unann", flag: "gamma_unann", value: atLeast0(&l.GammaUnann), meaning: "focusing power of unknown labels"},
		{name: "loss.alpha_pos", flag: "alpha_pos", value: atLeast0(&l.AlphaPos), meaning: "weight of annotated positives"},
		{name: "loss.alpha_neg", flag: "alpha_neg", value: atLeast0(&l.AlphaNeg), meaning: "weight of annotated negatives"},
		{name: "loss.alpha_unann", flag: "alpha_unann", value: atLeast0(&l.AlphaUnann), meaning: "weight of unknown labels"},
		{
			name: "loss.clip", flag: "clip", value: below1(&l.Clip),
			meaning: "add to the probability of a negative, so that easy ones cost nothing; 0 = off",
		},
		{
			name: "loss.topk", flag: "likelihood_topk", value: whole{p: &l.TopK},
			meaning: "selective: drop the likeliest unknown labels of the batch, this many per image; 0 = none",
		},
		{
			name: "loss.topk_skips_gated", value: truth{&l.TopKSkipsGated},
			meaning: "do not count labels that the prior dropped towards topk; the reference counts them",
		},
		{
			name: "loss.log_clamp", value: below1(&l.LogClamp),
			meaning: "lower bound of the logarithm's argument; 0 = exact; the reference: 1e-8 (no gradient on confident errors)",
		},
		{
			name: "loss.expected_positives", value: atLeast0(&l.Expected),
			meaning: "epr: expected labels per image; 0 = the sum of the prior, else annotated positives per training image",
		},
	}
}

// Prior is the class prior's file and use.
type Prior struct {
	Path      string  // CSV Classes,avg_pred, matched by name
	Threshold float64 // unknown labels of classes above it are dropped; 0: no gate
	TopN      int     // so are those of this many classes with the highest prior, instead; 0: by threshold
	Quantile  float64 // or of the classes in the upper 1-Quantile; 0: by threshold
	Method    string  // how one is estimated: PriorShift, PriorMean or PriorTraining
}

// How a prior is estimated (Prior.Method).
const (
	PriorShift    = "shift"    // by label shift, from one clean pass with the best weights
	PriorMean     = "mean"     // the mean score of that pass
	PriorTraining = "training" // the mean over all training batches so far, as the reference
)

// PriorSelection says which classes of the prior selective mode gates.
func (c *Config) PriorSelection() prior.Selection {
	return prior.Selection{Threshold: c.Prior.Threshold, TopN: c.Prior.TopN, Quantile: c.Prior.Quantile}
}

// below1 is any number from 0 up to, but not including, 1.
func below1(p *float64) real { return real{p: p, hi: 1, openHi: true} }

func defaultPrior() Prior { return Prior{Threshold: 0.05, Method: PriorShift} }

func (p *Prior) settings() []setting {
	return []setting{
		{
			name: "prior.path", flag: "prior_path", value: text{p: &p.Path},
			meaning: "prior file for selective mode (Classes,avg_pred); empty = none, topk alone selects",
		},
		{
			name: "prior.threshold", flag: "prior_threshold", value: real{p: &p.Threshold, hi: 1},
			meaning: "drop unknown labels of classes with a larger prior; 0 = of none",
		},
		{
			name: "prior.top_n", flag: "prior_top_n", value: whole{p: &p.TopN},
			meaning: "instead of the threshold: drop those of this many classes with the highest prior; 0 = by threshold",
		},
		{
			name: "prior.quantile", flag: "prior_quantile", value: below1(&p.Quantile),
			meaning: "instead of the threshold: drop those of the classes above this quantile, 0.95 for the top 5 %; 0 = by threshold",
		},
		{
			name: "prior.method", flag: "prior_method", value: text{&p.Method, []string{PriorShift, PriorMean, PriorTraining}},
			meaning: "estimate-prior: by label shift, the mean score, or the mean over all training batches as the reference",
			aliases: []alias{{name: "prior.source", values: map[string]string{"eval": PriorMean}}},
		},
	}
}
