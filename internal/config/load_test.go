package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/loss"

	"github.com/spf13/pflag"
)

var errDiskFull = errors.New("disk full")

// write puts text into a file and gives its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// flags parses args with the flags of the given keys.
func flags(t *testing.T, args []string, keys ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	fs.SetNormalizeFunc(NormalizeFlag)
	BindFlags(fs, keys...)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestPrecedenceIsFlagSetEnvironmentFileDefault(t *testing.T) {
	file := write(t, "loss:\n  topk: 1\n  gamma_pos: 1\n  gamma_neg: 1.5\n  gamma_unann: 1\n")
	t.Setenv("CSL_LOSS_TOPK", "22")
	t.Setenv("CSL_LOSS_GAMMA_POS", "2")
	t.Setenv("CSL_LOSS_GAMMA_UNANN", "2")
	t.Setenv("CSL_LOSS_CLIP", "") // empty: unset
	c, origins, err := Load(Sources{
		File:  file,
		Set:   []string{"loss.gamma_pos=9", "loss.gamma_pos=3", "loss.topk=33"},
		Flags: flags(t, []string{"--likelihood-topk", "44"}, "loss.topk", "loss.clip"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		key, origin string
		got, want   float64
	}{
		{"loss.topk", "--likelihood_topk", float64(c.Loss.TopK), 44},
		{"loss.gamma_pos", "--set", c.Loss.GammaPos, 3},
		{"loss.gamma_unann", "environment CSL_LOSS_GAMMA_UNANN", c.Loss.GammaUnann, 2},
		{"loss.gamma_neg", `config "` + file + `" line 4`, c.Loss.GammaNeg, 1.5},
		{"loss.clip", "", c.Loss.Clip, 0},
	} {
		if x.got != x.want || origins[x.key] != x.origin {
			t.Errorf("%s = %v from %q, want %v from %q", x.key, x.got, origins[x.key], x.want, x.origin)
		}
	}
}

func TestEveryFlagReachesItsKey(t *testing.T) {
	want := odd()
	known := want.byName()
	for _, k := range Keys() {
		if k.Flag == "" {
			continue
		}
		fs := flags(t, []string{"--" + k.Flag + "=" + (&flagValue{s: known[k.Name]}).String()}, k.Name)
		c, origins, err := Load(Sources{Flags: fs, Set: []string{"schedule.epochs=100"}})
		if err != nil {
			t.Errorf("--%s: %v", k.Flag, err)
			continue
		}
		if got := inline(c.byName()[k.Name].value.get()); got != inline(known[k.Name].value.get()) || origins[k.Name] != "--"+k.Flag {
			t.Errorf("--%s: %s is %s from %q", k.Flag, k.Name, got, origins[k.Name])
		}
	}
}

func TestListsAndTruthsOnTheCommandLine(t *testing.T) {
	c, _, err := Load(Sources{
		Set:   []string{"model.stages=1,1,2,1", "data.std=[1, 2e-1,3]", "data.mean=", "prior.path="},
		Flags: flags(t, []string{"--skip-bad"}, "data.skip_broken"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Model.Stages) != 4 || c.Model.Stages[2] != 2 || c.Data.Std[1] != 0.2 || len(c.Data.Mean) != 0 || !c.Data.SkipBroken {
		t.Errorf("%+v %+v", c.Model, c.Data)
	}
}

func TestProblemsNamePlaceKeyValueAndWhatIsAllowed(t *testing.T) {
	for name, x := range map[string]struct {
		yaml, set, env string
		want           []string // in the error
	}{
		"misspelt key":         {yaml: "loss:\n  topkk: 3\n", want: []string{`c.yaml" line 2: loss.topkk: is not a known key; did you mean "loss.topk"?`}},
		"key of other group":   {yaml: "train:\n  lr: 3\n", want: []string{`did you mean "optimizer.lr"?`}},
		"flag's name":          {set: "likelihood_topk=3", want: []string{`--set: likelihood_topk`, `did you mean "loss.topk"?`}},
		"misspelt group":       {yaml: "\noptimiser:\n  lr: 3\n", want: []string{"line 2: optimiser: is not a known key", "csl config show"}},
		"nothing near":         {yaml: "xyzzy: 3\n", want: []string{"line 1: xyzzy: is not a known key; csl config show lists all"}},
		"capital letters":      {yaml: "Loss: {topk: 1}\n", want: []string{"line 1: Loss: is not a known key"}},
		"dotted key":           {yaml: "loss.topk: 3\n", want: []string{"loss.topk: keys with dots"}},
		"repeated key":         {yaml: "loss:\n  topk: 3\n  clip: 0\n  topk: 4\n", want: []string{"line 4: loss.topk: appears twice, first on line 2"}},
		"repeated group":       {yaml: "loss:\n  topk: 3\nloss:\n  topk: 4\n", want: []string{"line 4: loss.topk: appears twice"}},
		"value for a group":    {yaml: "loss: 3\n", want: []string{"line 1: loss: is a group"}},
		"group for a value":    {yaml: "loss:\n  topk:\n    a: 1\n", want: []string{"line 2: loss.topk", "must be a whole number of at least 0"}},
		"list for a file":      {yaml: "- 1\n", want: []string{"line 1: the file: is a group"}},
		"merge key":            {yaml: "loss: &a\n  topk: 1\nprior:\n  <<: *a\n", want: []string{"line 4: prior: << is not supported"}},
		"wrong type":           {yaml: "\nloss:\n  gamma_neg: three\n", want: []string{`line 3: loss.gamma_neg: "three" is not allowed: must be a number of at least 0`}},
		"fraction for whole":   {yaml: "train: {batch: 1.5}", want: []string{`train.batch: "1.5" is not allowed: must be a whole number of at least 1`}},
		"number for text":      {yaml: "train: {out: 007}", want: []string{`train.out: "7" is not allowed: must be text, in quotes`}},
		"out of limits":        {set: "data.size=50", want: []string{`--set: data.size: "50" is not allowed: must be a whole number of at least 32, divisible by 4`}},
		"not a number":         {set: "optimizer.lr=.nan", want: []string{"optimizer.lr", "must be a number above 0"}},
		"infinite":             {set: "optimizer.lr=inf", want: []string{"optimizer.lr"}},
		"enumeration":          {env: "CSL_LOSS_MODE=selctive", want: []string{`environment CSL_LOSS_MODE: loss.mode: "selctive" is not allowed: must be one of selective, ignore, negative`}},
		"unknown variable":     {env: "CSL_LOSS_TOP_K=1", want: []string{`environment: CSL_LOSS_TOP_K: is not a known variable; did you mean "CSL_LOSS_TOPK"?`}},
		"short list":           {set: "model.stages=1,2", want: []string{"model.stages", "empty or a list of 4 whole numbers of at least 1"}},
		"zero in list":         {set: "data.std=1,0,1", want: []string{"data.std", "3 numbers above 0"}},
		"set without value":    {set: "loss.topk", want: []string{"--set: loss.topk: has no value"}},
		"negative seed":        {yaml: "train: {seed: -1}", want: []string{`train.seed: "-1"`}},
		"truth":                {yaml: "data: {skip_bad: maybe}", want: []string{`"maybe" is not allowed: must be true or false`}},
		"conflict":             {yaml: "schedule:\n  stop_epoch: 31\n", want: []string{"line 2: schedule.stop_epoch: 31 is not allowed: must be at most schedule.epochs, 30"}},
		"conflict of the loss": {yaml: "loss:\n  name: asl\n  alpha_pos: 2\n", want: []string{"line 3: loss.alpha_pos: 2 is not allowed with loss.name asl"}},
		"two gates":            {set: "prior.quantile=0.9", env: "CSL_PRIOR_TOP_N=3", want: []string{"--set: prior.quantile: 0.9 is not allowed with prior.top_n 3"}},
		"scores as no labels":  {set: "loss.scores=s.csv", env: "CSL_LOSS_SCORES_AS=labels", want: []string{"loss.scores_as: labels makes none"}},
		"labels of no scores":  {set: "loss.scores_as=labels", want: []string{"loss.scores_as: labels is not allowed without loss.scores"}},
		"crossed thresholds":   {yaml: "loss: {scores: s.csv, scores_as: labels, scores_below: 0.5}", set: "loss.scores_above=0.2", want: []string{"loss.scores_above: 0.2"}},
		"hidden beside top_n":  {set: "prior.hidden=2", env: "CSL_PRIOR_TOP_N=3", want: []string{"--set: prior.hidden: 2 is not allowed with prior.top_n 3"}},
		"rps chance":           {set: "simulate.type=rps", want: []string{"simulate.param: 1000 is not allowed with simulate.type rps"}},
		"two at once": {yaml: "loss:\n  topkk: 3\n  clip: 2\n", set: "train.batch=0", want: []string{
			"loss.topkk", "train.batch",
		}},
		"not YAML":      {yaml: "loss: [\n", want: []string{"not YAML", "line"}},
		"two documents": {yaml: "loss: {topk: 1}\n---\nloss: {topk: 2}\n", want: []string{"line 2: a second document"}},
	} {
		t.Run(name, func(t *testing.T) {
			var s Sources
			if x.yaml != "" {
				s.File = write(t, x.yaml)
			}
			if x.set != "" {
				s.Set = []string{x.set}
			}
			if key, value, ok := strings.Cut(x.env, "="); ok {
				t.Setenv(key, value)
			}
			_, _, err := Load(s)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range x.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

func TestAMissingOrHugeFileIsNoProblemOfASetting(t *testing.T) {
	huge := write(t, strings.Repeat("# long\n", maxFile/7+2))
	for _, path := range []string{filepath.Join(t.TempDir(), "none.yaml"), t.TempDir(), huge} {
		_, _, err := Load(Sources{File: path})
		var p *Problem
		if err == nil || errors.As(err, &p) || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: err = %v", path, err)
		}
	}
}

func TestEmptyFilesGroupsAndNullsAreDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "loss:\n", "loss:\n  topk:\n", "loss: ~\ndata: {train: }\n"} {
		c, origins, err := Load(Sources{File: write(t, text)})
		if err != nil || c.Loss.TopK != 5 || len(origins) != 0 {
			t.Errorf("%q: %+v, %v, %v", text, c, origins, err)
		}
	}
}

func TestFlagOfAnUnknownKeyIsReported(t *testing.T) {
	fs := flags(t, nil, "loss.nosuch")
	if _, _, err := Load(Sources{Flags: fs}); err == nil || !strings.Contains(err.Error(), "loss.nosuch") {
		t.Errorf("err = %v", err)
	}
}

func TestBoundFlagUnderAnotherName(t *testing.T) {
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	BindFlagAs(fs, "data", "data.val.root")
	if err := fs.Parse([]string{"--data", "x"}); err != nil {
		t.Fatal(err)
	}
	c, origins, err := Load(Sources{Flags: fs})
	if err != nil || c.Data.Val.Root != "x" || origins["data.val.root"] != "--data" {
		t.Errorf("%q from %v, %v", c.Data.Val.Root, origins, err)
	}
}

func TestWrongFlagValueSaysWhatIsAllowed(t *testing.T) {
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	BindFlags(fs, "train.batch")
	err := fs.Parse([]string{"-b", "x"})
	if err == nil || !strings.Contains(err.Error(), `"x"`) || !strings.Contains(err.Error(), "must be a whole number of at least 1") {
		t.Errorf("err = %v", err)
	}
}

func TestRequireNamesEveryWayToSetAKey(t *testing.T) {
	c := Default()
	c.Prior.Path = "x"
	if err := c.Require("prior.path", "model.name"); err != nil {
		t.Error(err)
	}
	err := c.Require("data.train.root", "data.val.root")
	for _, want := range []string{"data.train.root: is not set: give --data, CSL_DATA_TRAIN_ROOT, --set data.train.root=...", "data.val.root: is not set: give --val_data, CSL_DATA_VAL_ROOT"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

func TestValidateCollectsAllProblems(t *testing.T) {
	c := Default()
	c.Train.Batch, c.Loss.Mode, c.Train.Out, c.Data.Std, c.Model.Stages = 0, "x", "", []float64{0, 1, 1}, []int{1}
	c.Loss.Name = loss.Asymmetric
	err := c.Validate()
	for _, want := range []string{"train.batch: 0 is", "loss.mode: x is", "train.out: is empty", "data.std: [0, 1, 1]", "model.stages: [1]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

// FuzzLoad checks that no file makes Load panic, and that what loads is valid and loads again.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "loss:\n  topk: 3\n", "a: &a [*a]\n", "loss: {mode: selective, gamma_neg: 1e-4}\n", "? [x]\n: 1\n",
		"loss: &l\n  topk: 1\nprior: *l\n", "train: {seed: 18446744073709551615, out: \"a\\nb\"}\n", "model: {stages: [1, 1, 2, 1]}\n",
		"data: {mean: [0.5, .5, 5e-1], std: [1, 1, 1], train: {root: !!binary aGk=}}\n", "loss: !!map {}\n", "\x00", "%TAG ! x\n---\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _, err := Load(Sources{File: write(t, string(data))})
		if err != nil {
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("%q loads but is not valid: %v", data, err)
		}
		var b strings.Builder
		if err := c.Write(&b, "", true); err != nil {
			t.Fatal(err)
		}
		again, _, err := Load(Sources{File: write(t, b.String())})
		if err != nil {
			t.Fatalf("%q is written as\n%s\nwhich does not load: %v", data, &b, err)
		}
		var b2 strings.Builder
		if err := again.Write(&b2, "", true); err != nil || b.String() != b2.String() {
			t.Fatalf("%q changes when written and loaded:\n%s\n%s (%v)", data, &b, &b2, err)
		}
	})
}
