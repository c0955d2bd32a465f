package config

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestDefaultsAreThoseOfTheReferenceCode(t *testing.T) {
	c := Default()
	got := map[string]any{
		"model": c.Model.Name, "head": c.Model.Head, "hidden": c.Model.HeadHidden,
		"size": c.Data.Size, "batch": c.Train.Batch, "epochs": c.Schedule.Epochs, "pct": c.Schedule.PctStart,
		"mode": c.Loss.Mode, "gp": c.Loss.GammaPos, "gn": c.Loss.GammaNeg, "gu": c.Loss.GammaUnann,
		"ap": c.Loss.AlphaPos, "an": c.Loss.AlphaNeg, "au": c.Loss.AlphaUnann, "clip": c.Loss.Clip, "k": c.Loss.TopK,
		"eta": c.Prior.Threshold, "lr": c.Optimizer.LR, "wd": c.Optimizer.WeightDecay, "ema": c.EMA.Decay,
		"cutout": c.Augment.Cutout, "param": c.Simulate.Param,
	}
	want := map[string]any{
		"model": "tresnet_m", "head": "plain", "hidden": 512,
		"size": 448, "batch": 64, "epochs": 30, "pct": 0.2,
		"mode": "negative", "gp": 0.0, "gn": 1.0, "gu": 2.0,
		"ap": 1.0, "an": 1.0, "au": 1.0, "clip": 0.0, "k": 5,
		"eta": 0.05, "lr": 2e-4, "wd": 1e-4, "ema": 0.9997,
		"cutout": 0.5, "param": 1000.0,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("defaults differ (-want +got):\n%s", d)
	}
	if err := c.Validate(); err != nil {
		t.Errorf("the defaults are not valid: %v", err)
	}
}

// leaves counts the fields of a configuration that are not structs.
func leaves(v reflect.Value) int {
	if v.Kind() != reflect.Struct {
		return 1
	}
	n := 0
	for i := range v.NumField() {
		n += leaves(v.Field(i))
	}
	return n
}

func TestEveryFieldHasOneRowInTheTable(t *testing.T) {
	c := Default()
	seen := map[uintptr]string{}
	for _, s := range c.settings() {
		value := reflect.ValueOf(s.value)
		for _, field := range []string{"p", "first", "later"} { // files have two fields for one row
			f := value.FieldByName(field)
			if !f.IsValid() {
				continue
			}
			if other := seen[f.Pointer()]; other != "" {
				t.Errorf("%s and %s are the same field", other, s.name)
			}
			seen[f.Pointer()] = s.name
		}
	}
	if n := leaves(reflect.ValueOf(*c)); len(seen) != n {
		t.Errorf("rows for %d of %d fields", len(seen), n)
	}
}

func TestKeysAreUniqueLowerCaseAndExplained(t *testing.T) {
	names, flags, envs := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, k := range Keys() {
		if names[k.Name] || envs[k.Env] || k.Flag != "" && flags[k.Flag] {
			t.Errorf("%s: name, flag %q or variable %q is taken", k.Name, k.Flag, k.Env)
		}
		names[k.Name], flags[k.Flag], envs[k.Env] = true, true, true
		if k.Name != strings.ToLower(k.Name) || !strings.Contains(k.Name, ".") {
			t.Errorf("%s: not of the form group.key in lower case", k.Name)
		}
		if k.Meaning == "" || k.Allowed == "" || k.Default == "" {
			t.Errorf("%+v lacks a meaning, a limit or a default", k)
		}
	}
}

func TestTheReferencesFlagsAreThere(t *testing.T) {
	var have []string
	for _, k := range Keys() {
		have = append(have, k.Flag)
	}
	for _, f := range strings.Fields(`data annotations model_name model_path lr epochs stop_epoch
		weight_decay image_size batch_size workers num_classes simulate_partial_type simulate_partial_param
		partial_loss_mode clip gamma_pos gamma_neg gamma_unann alpha_pos alpha_neg alpha_unann
		likelihood_topk prior_path prior_threshold out seed print_freq`) {
		if !slices.Contains(have, f) {
			t.Errorf("no key has the flag --%s", f)
		}
	}
	if NormalizeFlag(nil, "path-dest") != "out" {
		t.Error("--path-dest is not --out")
	}
}

// odd is a configuration in which every setting but loss.name and prior.quantile differs from its default.
func odd() *Config {
	c := Default()
	for _, s := range c.settings() {
		switch v := s.value.(type) {
		case text:
			*v.p = "a: \"b\" # c\n 'd' ü\\"
			if v.options != nil {
				*v.p = v.options[1]
			}
		case files:
			*v.first, *v.later = "a: \"b\" # c\n 'd' ü\\", []string{"[b]", "c, d"}
		case truth:
			*v.p = !*v.p
		case whole:
			*v.p = (*v.p/4 + 11) * 4
		case seed:
			*v.p = 1<<64 - 1
		case real:
			*v.p = 1e-7 / 3
		case list[int]:
			*v.p = []int{3, 4, 11, 3}
		case list[float64]:
			*v.p = []float64{0.1, 1, 1e-9}
		}
	}
	c.Augment.RandAugment.Magnitude, c.Schedule.StopEpoch = 30, 7
	c.Simulate.Param = 12
	c.Loss.Mode, c.Loss.Name = ModeIgnore, Default().Loss.Name // the other losses have no weights
	c.Prior.Quantile, c.Prior.Hidden = 0, 0                    // top_n decides
	return c
}

func TestWhatIsWrittenIsLoadedAgain(t *testing.T) {
	for name, c := range map[string]*Config{"defaults": Default(), "odd": odd()} {
		for _, comments := range []bool{false, true} {
			var b bytes.Buffer
			if err := c.Write(&b, "head\nline", comments); err != nil {
				t.Fatal(err)
			}
			got, origins, err := Load(Sources{File: write(t, b.String())})
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, &b)
			}
			if d := cmp.Diff(c, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%s (-written +loaded):\n%s", name, d)
			}
			if len(origins) != len(Keys()) {
				t.Errorf("%s: %d of %d keys were in the file", name, len(origins), len(Keys()))
			}
		}
	}
}

func TestWriteSaysWhenItCannot(t *testing.T) {
	if err := Default().Write(fullDisk{}, "", true); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("err = %v", err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errDiskFull }
