package train

import (
	"fmt"
	"strings"

	"csl/internal/config"
	"csl/internal/labels"
	"csl/internal/loss"
)

// warnings lists what of labels and settings does not go together; val is nil without validation.
func warnings(c *config.Config, train, val *labels.Set) []string {
	stats := train.Stats()
	all := []string{noUnknown(c, stats), oneSided(c, train, stats), unusedPrior(c), allDropped(c, stats)}
	if val != nil {
		all = append(all, unscorable(c.Train.Monitor, val.Stats()))
	}
	var said []string
	for _, w := range all {
		if w != "" {
			said = append(said, w)
		}
	}
	return said
}

// noUnknown is about modes that treat unknown labels apart where there are none.
func noUnknown(c *config.Config, s labels.Stats) string {
	if c.Loss.Mode == config.ModeNegative || s.Total.Unknown > 0 {
		return ""
	}
	text := fmt.Sprintf("loss.mode %s treats unknown labels apart, but the training labels have none: every cell is present or absent", c.Loss.Mode)
	if c.Data.Missing == config.MissingAbsent {
		text += " (in COCO files a class without annotation counts as absent; data.missing: unknown changes that)"
	}
	return text
}

// oneSided is about classes whose labels are all alike, which a loss that ignores unknown ones cannot learn.
func oneSided(c *config.Config, set *labels.Set, s labels.Stats) string {
	if c.Loss.Mode == config.ModeNegative {
		return ""
	}
	var noNegative, noPositive []string
	for i, class := range s.Classes {
		name := fmt.Sprintf("%q", set.Classes[i].Name)
		switch {
		case class.Annotated() == 0:
		case class.Negatives == 0:
			noNegative = append(noNegative, name)
		case class.Positives == 0:
			noPositive = append(noPositive, name)
		}
	}
	var parts []string
	if len(noNegative) > 0 {
		parts = append(parts, listed(noNegative, len(s.Classes), "no negative label"))
	}
	if len(noPositive) > 0 {
		parts = append(parts, listed(noPositive, len(s.Classes), "no positive label"))
	}
	return strings.Join(parts, "; ")
}

// listed counts classes and names the first few.
func listed(names []string, total int, what string) string {
	const most = 3
	verb, more := "have", ""
	if len(names) == 1 {
		verb = "has"
	}
	if len(names) > most {
		more = ", ..."
	}
	return fmt.Sprintf("%d of %d classes %s %s: %s%s", len(names), total, verb, what, strings.Join(names[:min(most, len(names))], ", "), more)
}

// unusedPrior is about a prior file that the mode does not ask.
func unusedPrior(c *config.Config) string {
	if c.Loss.Name == loss.EPR {
		return "" // its sum is asked
	}
	if c.Prior.Path == "" || c.Loss.Mode == config.ModeSelective {
		return ""
	}
	return fmt.Sprintf("prior.path is given, but loss.mode %s does not use a prior (selective does)", c.Loss.Mode)
}

// allDropped is about a top-K so large that hardly an unknown label is left.
func allDropped(c *config.Config, s labels.Stats) string {
	const nearly = 0.8
	if c.Loss.Mode != config.ModeSelective || s.Total.Unknown == 0 {
		return ""
	}
	each := float64(s.Total.Unknown) / float64(max(s.Images, 1))
	if k := float64(c.Loss.TopK); k < nearly*each {
		return ""
	}
	return fmt.Sprintf("loss.topk %d drops nearly all unknown labels: an image has %.1f of them on average", c.Loss.TopK, each)
}

// unscorable says why the monitored metric is undefined on the validation labels, and what to do.
func unscorable(monitor string, s labels.Stats) string {
	var reason, instead string
	switch {
	case s.Total.Positives == 0:
		reason = "the validation labels have no positive one"
	case s.Total.Negatives == 0 && monitor != "map":
		reason, instead = "the validation labels have no negative one", "train.monitor: map counts unknown ones as negative; "
	case monitor == "map_partial" && !anyBoth(s):
		reason, instead = "no class has both a positive and a negative validation label", "train.monitor: map_o ranks all classes together; "
	default:
		return ""
	}
	return fmt.Sprintf("train.monitor %s cannot be computed: %s (%sthe final weights will be kept)", monitor, reason, instead)
}

// anyBoth reports whether a class has labels of both kinds.
func anyBoth(s labels.Stats) bool {
	for _, c := range s.Classes {
		if c.Positives > 0 && c.Negatives > 0 {
			return true
		}
	}
	return false
}
