package main

import (
	"slices"
	"testing"

	"csl/internal/config"
	"csl/internal/labels"
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
}
