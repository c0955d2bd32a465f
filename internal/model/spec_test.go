package model

import (
	"strings"
	"testing"
)

func TestUnknownModelErrorListsNearestFirst(t *testing.T) {
	for name, nearest := range map[string]string{
		"tresnet-m": "tresnet_m", "TResNet_XL": "tresnet_xl", "tresnetl_v2": "tresnet_l_v2", "tiny": "tresnet_tiny",
	} {
		_, err := Lookup(name)
		if err == nil || !strings.Contains(err.Error(), "known are "+nearest+",") {
			t.Errorf("%q: %v", name, err)
		}
		for _, known := range Names() {
			if err != nil && !strings.Contains(err.Error(), known) {
				t.Errorf("%q: error does not list %s", name, known)
			}
		}
	}
}

func TestKnownModelsAreValidOnceTheyHaveClasses(t *testing.T) {
	for _, name := range Names() {
		s, err := Lookup(name)
		if err != nil || s.Name != name {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if err := s.Validate(); err == nil {
			t.Errorf("%s without classes is valid", name)
		}
		s.NumClasses = 3
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		s.Head = BottleneckHead
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestLookupReturnsFreshSlices(t *testing.T) {
	a, err := Lookup("tresnet_m")
	if err != nil {
		t.Fatal(err)
	}
	a.Stages[0], a.Kinds[0] = 99, "x"
	b, err := Lookup("tresnet_m")
	if err != nil || b.Stages[0] != 3 || b.Kinds[0] != Basic {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestImpossibleSpecsAreErrorsThatSayWhy(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		"planes 0":           func(s *Spec) { s.Planes = 0 },
		"0 blocks":           func(s *Spec) { s.Stages[1] = 0 },
		"want 4 numbers":     func(s *Spec) { s.Stages = s.Stages[:3] },
		"kinds":              func(s *Spec) { s.Kinds = nil },
		`block kind "round"`: func(s *Spec) { s.Kinds[2] = "round" },
		"slope 0":            func(s *Spec) { s.Slope = 0 },
		"slope 1":            func(s *Spec) { s.StemSlope = 1 },
		`head "long"`:        func(s *Spec) { s.Head = "long" },
		"hidden width":       func(s *Spec) { s.Head, s.HeadHidden = BottleneckHead, 0 },
		"-1 classes":         func(s *Spec) { s.NumClasses = -1 },
	} {
		s := known(t, "tresnet_s", 4)
		change(&s)
		if _, err := NewWeights(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
