package main

import (
	"slices"
	"testing"

	"csl/internal/config"
	"csl/internal/labels"
	"csl/internal/loss"
	"csl/internal/model"
)

// The configuration cannot import what it names; this is where the lists meet.
func TestConfigurationKnowsTheSameNamesAsThePackages(t *testing.T) {
	options := map[string][]string{}
	for _, k := range config.Keys() {
		options[k.Name] = slices.Sorted(slices.Values(k.Options))
	}
	for key, want := range map[string][]string{
		"model.name": model.Names(),
		"loss.name":  loss.Names(),
		"loss.mode":  loss.Modes(),
	} {
		if slices.Sort(want); !slices.Equal(options[key], want) {
			t.Errorf("%s may be %v, the package has %v", key, options[key], want)
		}
	}
	for _, format := range options["data.train.format"] {
		if _, err := labels.ParseFormat(format); err != nil {
			t.Errorf("data.train.format: %v", err)
		}
	}
	defaults, c := loss.Defaults(), config.Default()
	if defaults.Name != c.Loss.Name || defaults.Mode != c.Loss.Mode || defaults.TopK != c.Loss.TopK ||
		defaults.GammaUnann != c.Loss.GammaUnann || defaults.PriorThreshold != c.Prior.Threshold {
		t.Errorf("defaults of the loss %+v and of the configuration %+v differ", defaults, c.Loss)
	}
}
