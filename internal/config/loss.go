package config

// Loss is the training loss: partial asymmetric loss with a rule for unknown labels, or plain ASL.
// Symbols are those of arXiv 2110.10955.
type Loss struct {
	Name                           string  // LossCSL, LossASL or LossASLOptimized
	Mode                           string  // one of the Mode constants; all of them for LossPartial only
	GammaPos, GammaNeg, GammaUnann float64 // focusing powers
	AlphaPos, AlphaNeg, AlphaUnann float64 // weights of the three terms
	Clip                           float64 // shift of negative probabilities
	TopK                           int     // likely unknown cells dropped per image of the batch
	TopKSkipsGated                 bool    // cells that the prior dropped do not use up TopK
	LogClamp                       float64 // lower bound of the log's argument; 0: none
}

// Losses (Loss.Name), as internal/loss calls them.
const (
	LossPartial      = "partial"          // partial selective asymmetric loss
	LossASL          = "asl"              // AsymmetricLoss
	LossASLOptimized = "asl_optimized"    // AsymmetricLossOptimized
	LossSingleLabel  = "asl_single_label" // ASLSingleLabel
)

// What the loss makes of unknown labels (Loss.Mode).
const (
	ModeNegative               = "negative"                 // they count as negatives
	ModeIgnore                 = "ignore"                   // they do not count
	ModeIgnoreNormalizeClasses = "ignore_normalize_classes" // ignored, images with few labels weigh more
	ModeSelective              = "selective"                // negatives, but for likely positives
)

func defaultLoss() Loss {
	return Loss{
		Name: LossPartial, Mode: ModeNegative, GammaNeg: 1, GammaUnann: 2,
		AlphaPos: 1, AlphaNeg: 1, AlphaUnann: 1, TopK: 5,
	}
}

func (l *Loss) settings() []setting {
	return []setting{
		{
			name: "loss.name", value: text{&l.Name, []string{LossPartial, LossASL, LossASLOptimized, LossSingleLabel}},
			meaning: "partial asymmetric loss with the modes below, or ASL (modes negative and ignore)",
		},
		{
			name: "loss.mode", flag: "partial_loss_mode",
			value:   text{&l.Mode, []string{ModeNegative, ModeIgnore, ModeIgnoreNormalizeClasses, ModeSelective}},
			meaning: "unknown labels: negatives, left out, left out with few-label images weighing more, or negatives unless likely positive",
		},
		{name: "loss.gamma_pos", flag: "gamma_pos", value: atLeast0(&l.GammaPos), meaning: "focusing power of annotated positives"},
		{name: "loss.gamma_neg", flag: "gamma_neg", value: atLeast0(&l.GammaNeg), meaning: "focusing power of annotated negatives"},
		{name: "loss.gamma_unann", flag: "gamma_unann", value: atLeast0(&l.GammaUnann), meaning: "focusing power of unknown labels"},
		{name: "loss.alpha_pos", flag: "alpha_pos", value: atLeast0(&l.AlphaPos), meaning: "weight of annotated positives"},
		{name: "loss.alpha_neg", flag: "alpha_neg", value: atLeast0(&l.AlphaNeg), meaning: "weight of annotated negatives"},
		{name: "loss.alpha_unann", flag: "alpha_unann", value: atLeast0(&l.AlphaUnann), meaning: "weight of unknown labels"},
		{
			name: "loss.clip", flag: "clip", value: real{p: &l.Clip, hi: 1, openHi: true},
			meaning: "added to the probability of a negative, so that easy ones cost nothing; 0 = off",
		},
		{
			name: "loss.topk", flag: "likelihood_topk", value: whole{p: &l.TopK},
			meaning: "selective: per image, so many of the batch's likeliest unknown labels are dropped; 0 = none",
		},
		{
			name: "loss.topk_skips_gated", value: truth{&l.TopKSkipsGated},
			meaning: "labels that the prior dropped do not use up topk; in the reference they do",
		},
		{
			name: "loss.log_clamp", value: real{p: &l.LogClamp, hi: 1, openHi: true},
			meaning: "lower bound of the logarithm's argument; 0 = exact; the reference: 1e-8 (no gradient on confident errors)",
		},
	}
}

// Prior is the class prior's file and use.
type Prior struct {
	Path      string  // CSV Classes,avg_pred, matched by name
	Threshold float64 // unknown labels of classes above it are dropped; 0: no gate
	Source    string  // PriorEval or PriorTraining
}

// Where an estimated prior comes from (Prior.Source).
const (
	PriorEval     = "eval"     // one clean pass over the training images with the best weights
	PriorTraining = "training" // mean over all training batches so far, as the reference
)

func defaultPrior() Prior { return Prior{Threshold: 0.05, Source: PriorEval} }

func (p *Prior) settings() []setting {
	return []setting{
		{
			name: "prior.path", flag: "prior_path", value: text{p: &p.Path},
			meaning: "prior file for selective mode (Classes,avg_pred); empty = none, topk alone selects",
		},
		{
			name: "prior.threshold", flag: "prior_threshold", value: real{p: &p.Threshold, hi: 1},
			meaning: "unknown labels of classes with a larger prior are dropped; 0 = none are",
		},
		{
			name: "prior.source", value: text{&p.Source, []string{PriorEval, PriorTraining}},
			meaning: "estimate-prior: a clean pass at the end, or the mean over all training batches, as the reference",
		},
	}
}
