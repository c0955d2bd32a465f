package config

import (
	"csl/internal/limit"
	"csl/internal/loss"
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
	TopKSkipsGated                 bool    // whether gated cells do not count against TopK
	LogClamp                       float64 // lower bound of the argument of the logarithm; 0 = none
	Expected                       float64 // 0: from the data
	Tau                            float64 // of splc
	CorrectAfter                   int     // epochs before labels are corrected
	Scores                         string  // file of another model's scores; empty: none
	ScoresAs                       string  // ScoresLikelihood or ScoresLabels
	ScoresAbove, ScoresBelow       float64 // as labels: above 1, below 0
	LargeLoss                      float64 // percent of all cells that ll_r, ll_ct and ll_cp correct; 0: as published
}

// What the loss makes of unknown labels (Loss.Mode).
const (
	ModeNegative               = loss.Negative
	ModeIgnore                 = loss.Ignore
	ModeIgnoreNormalizeClasses = loss.IgnoreNormalizeClasses
	ModeSelective              = loss.Selective
)

// What the scores of another model are (Loss.ScoresAs).
const (
	ScoresLikelihood = "likelihood" // the order of the top-K, and what estimate-prior estimates from
	ScoresLabels     = "labels"     // labels of unknown cells, above and below thresholds
)

// Selective reports whether the loss drops unknown labels.
func (l Loss) Selective() bool { return l.Mode == ModeSelective }

func defaultLoss() Loss {
	d := loss.Defaults()
	return Loss{
		Name: d.Name, Mode: d.Mode,
		GammaPos: d.GammaPos, GammaNeg: d.GammaNeg, GammaUnann: d.GammaUnann,
		AlphaPos: d.AlphaPos, AlphaNeg: d.AlphaNeg, AlphaUnann: d.AlphaUnann,
		Clip: d.Clip, TopK: d.TopK, TopKSkipsGated: d.TopKSkipsGated, LogClamp: d.LogClamp,
		ScoresAs: ScoresLikelihood, ScoresAbove: 1,
		Tau: d.Tau, CorrectAfter: d.CorrectAfter,
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
		{name: "loss.gamma_pos", flag: "gamma_pos", value: real{&l.GammaPos, loss.Limits("loss.gamma_pos")}, meaning: "focusing power of annotated positives"},
		{name: "loss.gamma_neg", flag: "gamma_neg", value: real{&l.GammaNeg, loss.Limits("loss.gamma_neg")}, meaning: "focusing power of annotated negatives"},
		{name: "loss.gamma_unann", flag: "gamma_unann", value: real{&l.GammaUnann, loss.Limits("loss.gamma_unann")}, meaning: "focusing power of unknown labels"},
		{name: "loss.alpha_pos", flag: "alpha_pos", value: real{&l.AlphaPos, loss.Limits("loss.alpha_pos")}, meaning: "weight of annotated positives"},
		{name: "loss.alpha_neg", flag: "alpha_neg", value: real{&l.AlphaNeg, loss.Limits("loss.alpha_neg")}, meaning: "weight of annotated negatives"},
		{name: "loss.alpha_unann", flag: "alpha_unann", value: real{&l.AlphaUnann, loss.Limits("loss.alpha_unann")}, meaning: "weight of unknown labels"},
		{
			name: "loss.clip", flag: "clip", value: real{&l.Clip, loss.Limits("loss.clip")},
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
			name: "loss.log_clamp", value: real{&l.LogClamp, loss.Limits("loss.log_clamp")},
			meaning: "lower bound of the logarithm's argument; 0 = exact; the reference: 1e-8 (no gradient on confident errors)",
		},
		{
			name: "loss.expected_positives", value: real{&l.Expected, loss.Limits("loss.expected_positives")},
			meaning: "epr: expected labels per image; 0 = the sum of the prior, else annotated positives per training image",
		},
		{
			name: "loss.scores", value: text{p: &l.Scores},
			meaning: "scores of another model for training images, from 0 to 1: CSV image,label,score or an .npy matrix; empty = none",
		},
		{
			name: "loss.scores_as", value: text{&l.ScoresAs, []string{ScoresLikelihood, ScoresLabels}},
			meaning: "loss.scores: the order in which topk drops unknown labels (and what estimate-prior estimates from), or labels in their place",
		},
		{
			name: "loss.scores_above", value: real{&l.ScoresAbove, limit.UpTo(1)},
			meaning: "loss.scores as labels: count unknown labels with a larger score as positives; 1 = none",
		},
		{
			name: "loss.scores_below", value: real{&l.ScoresBelow, limit.UpTo(1)},
			meaning: "loss.scores as labels: count unknown labels with a smaller score as negatives; 0 = none",
		},
		{
			name: "loss.splc_tau", value: real{&l.Tau, loss.Limits("loss.splc_tau")},
			meaning: "splc: count unknown labels with a higher score as positives",
		},
		{
			name: "loss.correct_after", value: whole{p: &l.CorrectAfter},
			meaning: "splc, ll_r, ll_ct, ll_cp: correct labels after this many epochs",
		},
		{
			name: "loss.ll_percent", value: real{&l.LargeLoss, loss.Limits("loss.ll_percent")},
			meaning: "ll_r, ll_ct, ll_cp: correct the unknown labels with the largest losses, percent of all labels, per epoch; 0 = 0.5, 0.2, 0.1 as published",
		},
	}
}

// Prior is the class prior's file and use.
type Prior struct {
	Path      string  // CSV Classes,avg_pred, matched by name
	Threshold float64 // unknown labels of classes above it are dropped; 0: no gate
	TopN      int     // so are those of this many classes with the highest prior, instead; 0: by threshold
	Quantile  float64 // or of the classes in the upper 1-Quantile; 0: by threshold
	Hidden    float64 // or of the classes that hide more positives for each annotated one; 0: by threshold
	Method    string  // how one is estimated: PriorShift, PriorMean or PriorTraining
}

// How a prior is estimated (Prior.Method).
const (
	PriorShift    = "shift"    // by label shift, from one clean pass with the best weights
	PriorMean     = "mean"     // the mean score of that pass
	PriorTraining = "training" // the mean over all training batches so far, as the reference
)

func defaultPrior() Prior { return Prior{Threshold: 0.05, Method: PriorShift} }

func (p *Prior) settings() []setting {
	return []setting{
		{
			name: "prior.path", flag: "prior_path", value: text{p: &p.Path},
			meaning: "prior file for selective mode (Classes,avg_pred); empty = none, topk alone selects",
		},
		{
			name: "prior.threshold", flag: "prior_threshold", value: real{&p.Threshold, limit.UpTo(1)},
			meaning: "drop unknown labels of classes with a larger prior; 0 = of none",
		},
		{
			name: "prior.top_n", flag: "prior_top_n", value: whole{p: &p.TopN},
			meaning: "instead of the threshold: drop those of this many classes with the highest prior; 0 = by threshold",
		},
		{
			name: "prior.quantile", flag: "prior_quantile", value: real{&p.Quantile, limit.Below1()},
			meaning: "instead of the threshold: drop those of the classes above this quantile, 0.95 for the top 5 %; 0 = by threshold",
		},
		{
			name: "prior.hidden", flag: "prior_hidden", value: real{&p.Hidden, limit.AtLeast0()},
			meaning: "instead of the threshold: drop those of the classes that hide more positives, by the prior, for each annotated one; 0 = by threshold",
		},
		{
			name: "prior.method", flag: "prior_method", value: text{&p.Method, []string{PriorShift, PriorMean, PriorTraining}},
			meaning: "estimate-prior: by label shift, the mean score, or the mean over all training batches as the reference",
			aliases: []alias{{name: "prior.source", values: map[string]string{"eval": PriorMean}}},
		},
	}
}
