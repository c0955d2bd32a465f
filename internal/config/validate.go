package config

import (
	"errors"
	"fmt"
	"math"
)

// Problem is one setting that is wrong: unknown, of the wrong type, out of limits or at odds with
// another. Its text is one line.
type Problem struct {
	Origin string // where the value came from, as in `--set` or `config "a.yaml" line 3`; may be ""
	Key    string // the setting's name
	Text   string // what is wrong, the value included
}

// Error is Origin, Key and Text on one line.
func (p *Problem) Error() string {
	if p.Origin == "" {
		return p.Key + ": " + p.Text
	}
	return p.Origin + ": " + p.Key + ": " + p.Text
}

// Validate checks every setting and what settings demand of each other. The error joins one
// [Problem] per finding. It asks nothing of the file system: whether data is there is the
// business of the command that needs it (see [Config.Require]).
func (c *Config) Validate() error {
	return join(c.problems(nil))
}

// problems lists findings in table order, then those between settings. origins (may be nil) maps
// keys to where their values came from.
func (c *Config) problems(origins map[string]string) []*Problem {
	var found []*Problem
	for _, s := range c.settings() {
		if !s.value.valid() {
			found = append(found, wrong(s, inline(s.value.get()), origins[s.name]))
		}
	}
	for _, p := range c.conflicts() {
		p.Origin = origins[p.Key]
		found = append(found, p)
	}
	return found
}

// wrong says that shown is not what s may be.
func wrong(s setting, shown, origin string) *Problem {
	return &Problem{Origin: origin, Key: s.name, Text: fmt.Sprintf("%s is not allowed: must be %s", shown, s.value.allowed())}
}

// conflicts lists settings that are fine alone but not together.
func (c *Config) conflicts() []*Problem {
	var found []*Problem
	add := func(bad bool, key, format string, args ...any) {
		if bad {
			found = append(found, &Problem{Key: key, Text: fmt.Sprintf(format, args...)})
		}
	}
	add(c.Schedule.StopEpoch > c.Schedule.Epochs, "schedule.stop_epoch",
		"%d is not allowed: must be at most schedule.epochs, %d", c.Schedule.StopEpoch, c.Schedule.Epochs)
	add(c.Augment.RandAugment.Magnitude > 30, "augment.randaugment.magnitude",
		"%d is not allowed: must be at most 30", c.Augment.RandAugment.Magnitude)
	add(c.Data.Test.Root != "" && !c.Data.HasTest(), "data.test.root",
		"is given without data.test.annotations: name the test labels")
	p := c.Simulate.Param
	add(c.Simulate.Type == SimulateFPC && (p < 1 || p != math.Trunc(p)), "simulate.param",
		"%v is not allowed with simulate.type fpc: must be a whole number of at least 1", p)
	add(c.Simulate.Type == SimulateRPS && p > 1, "simulate.param",
		"%v is not allowed with simulate.type rps: must be a chance from 0 to 1", p)
	add(c.Simulate.Type == SimulateOpenImages && p < 1, "simulate.param",
		"%v is not allowed with simulate.type openimages: must be at least 1", p)
	if p := c.LossConfig().Conflict(); p != nil {
		add(true, p.Key, "%s", p.Text)
	}
	add(c.Prior.TopN > 0 && c.Prior.Quantile > 0, "prior.quantile",
		"%v is not allowed with prior.top_n %d: give one of the two", c.Prior.Quantile, c.Prior.TopN)
	if s := c.PriorSelection(); s.Hidden > 0 {
		add(s.Key() != "hidden", "prior.hidden",
			"%v is not allowed with prior.%s %v: give one of the two", s.Hidden, s.Key(), s.Value())
	}
	if l := c.Loss; l.ScoresAs == ScoresLabels {
		add(l.Scores == "", "loss.scores_as", "labels is not allowed without loss.scores: name the file of scores")
		add(l.Scores != "" && l.ScoresAbove == 1 && l.ScoresBelow == 0, "loss.scores_as",
			"labels makes none of scores with loss.scores_above 1 and loss.scores_below 0: give one of the two")
		add(l.ScoresAbove < l.ScoresBelow, "loss.scores_above",
			"%v is not allowed with loss.scores_below %v: must be at least that", l.ScoresAbove, l.ScoresBelow)
	}
	add(c.Train.Out == "", "train.out", "is empty: must name the folder of the run")
	return found
}

// Require says which of the named keys are empty texts, and every way to set each.
func (c *Config) Require(names ...string) error {
	var found []*Problem
	settings := c.byName()
	for _, name := range names {
		s, known := settings[name]
		if known && s.value.get() != "" {
			continue
		}
		ways := fmt.Sprintf("%s, --set %s=...", EnvName(name), name)
		if s.flag != "" {
			ways = fmt.Sprintf("--%s, %s", s.flag, ways)
		}
		found = append(found, &Problem{Key: name, Text: "is not set: give " + ways + " or a config file"})
	}
	return join(found)
}

func join(problems []*Problem) error {
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}
