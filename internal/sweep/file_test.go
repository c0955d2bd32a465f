package sweep

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMistakesNameFileLineAndNearestKey(t *testing.T) {
	s := newStudy(t)
	for text, want := range map[string][]string{
		"bse: x\nvariants: {a: }":                                                                         {`sweep.yaml" line 1: bse:`, `did you mean "base"?`, "base: is missing"},
		"base: base.yaml\nvariants:\n  a:\n    sets: {loss.topk: 1}":                                      {`line 4: sets:`, `did you mean "set"?`},
		"base: base.yaml\nvariants:\n  a:\n    set: {loss.topkk: 1}":                                      {`line 4: loss.topkk:`, `did you mean "loss.topk"?`},
		"base: base.yaml\nvariants:\n  a:\n    set: {topk: 1}":                                            {`line 4: topk:`, `did you mean "loss.topk"?`},
		"base: base.yaml\nvariants:\n  a:\n    set: {loss: {topk: 1}}":                                    {`line 4: loss:`, "loss.topk: 5"},
		"base: base.yaml\nvariants:\n  a:\n  b:\n    set: {loss.topk: many}":                              {`line 5: loss.topk: "many" is not allowed`},
		"base: base.yaml\nvariants:\n  a:\n    axes: {loss.topk: [1, x]}":                                 {`line 4: loss.topk: "x" is not allowed`},
		"base: base.yaml\nvariants:\n  a:\n    axes: {loss.topk: 1}":                                      {`line 4: loss.topk:`, "list of values"},
		"base: base.yaml\nvariants:\n  a:\n    axes: {loss.topk: [1, 1]}":                                 {`line 4: loss.topk:`, "twice"},
		"base: base.yaml\nvariants:\n  a:\n  a:\n":                                                        {"line 4: a: appears twice, first on line 3"},
		"base: base.yaml\nvariants:\n  a/b:\n":                                                            {"line 3: a/b: cannot name a variant"},
		"base: base.yaml\nvariants:\n  priors:\n":                                                         {"line 3: priors: cannot name a variant"},
		"base: base.yaml\nset: {train.seed: 2}\nvariants: {a: }":                                          {"line 2: train.seed:", "decided by the sweep"},
		"base: base.yaml\nseeds: [1, 1]\nvariants: {a: }":                                                 {"line 2: seeds:", "different"},
		"base: base.yaml\nselect: {by: map_c}\nvariants: {a: }":                                           {"line 2: select.by:", "map_partial"},
		"base: base.yaml\ncompare: b\nvariants: {aa: }":                                                   {`compare: "b" is not a variant`},
		"base: base.yaml\nvariants:\n  a: {groups: [x]}":                                                  {`line 3: groups: "x" is not a group`},
		"base: base.yaml\nvariants:\n  a: {prior: true}":                                                  {"line 3: prior: true needs the full annotations"},
		"base: base.yaml\nvariants:\n  a: {prior: nowhere.csv}":                                           {`line 3: prior: "nowhere.csv"`},
		"base: base.yaml\nvariants:\n  a: {prior_method: mean}":                                           {"line 3: prior_method:"},
		"base: base.yaml\nvariants:\n  a: {prior: estimated, set: {prior.path: x}}":                       {"prior.path are given"},
		"base: base.yaml\nset: {data.test.annotations: \"\"}\nvariants: {a: }":                            {"data.test.annotations: is not set"},
		"base: base.yaml\nvariants:\n  a:\n    set: {data.val.annotations: nowhere.csv}":                  {`line 4: data.val.annotations: "nowhere.csv"`},
		"base: base.yaml\nset: {data.val.annotations: \"\"}\nvariants:\n  a: {axes: {loss.topk: [1, 2]}}": {"line 4: axes: need validation images"},
		"base: [":                             {"not YAML"},
		"base: base.yaml":                     {"variants: is missing"},
		"base: nowhere.yaml":                  {"variants: is missing"},
		"- 1":                                 {"must hold keys"},
		"base: nowhere.yaml\nvariants: {a: }": {"nowhere.yaml"},
	} {
		o := s.options(t, text)
		_, err := Run(t.Context(), o)
		if err == nil {
			t.Errorf("%q was taken", text)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v lacks %q", text, err, part)
			}
		}
		if exists(o.Out) {
			t.Fatalf("%q: a folder was made", text)
		}
	}
}

func TestTheFilesOfASweepAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.yaml")
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(t.Context(), path); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("err = %v", err)
	}
}
