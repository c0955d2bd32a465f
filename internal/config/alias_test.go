package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

func TestSecondNamesOfFlagsAreTheFlag(t *testing.T) {
	for second, first := range map[string]string{
		"th": "threshold", "thre": "threshold", "input_size": "image_size", "input-size": "image_size", "image-size": "image_size",
		"pic_path": "images", "pic-path": "images", "pictures": "images", "score_pictures": "score_images",
		"path_dest": "out", "path-dest": "out", "skip_bad": "skip_broken", "skip-bad": "skip_broken",
	} {
		fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
		fs.SetNormalizeFunc(NormalizeFlag)
		got := fs.String(first, "", "")
		if err := fs.Parse([]string{"--" + second, "x"}); err != nil || *got != "x" {
			t.Errorf("--%s is not --%s: %v", second, first, err)
		}
		if strings.Contains(fs.FlagUsages(), second+" ") {
			t.Errorf("--%s is in the help:\n%s", second, fs.FlagUsages())
		}
	}
}

func TestAliasesOfKeysAreReadFromEverySource(t *testing.T) {
	aliases := 0
	for _, s := range odd().settings() {
		for _, a := range s.aliases {
			aliases++
			group, leaf, _ := strings.Cut(a.name, ".")
			value := inline(s.value.get())
			file := Sources{File: write(t, group+":\n  "+leaf+": "+value+"\n")}
			for name, sources := range map[string]Sources{"file": file, "set": {Set: []string{a.name + "=" + value}}, "environment": {}} {
				if name == "environment" {
					t.Setenv(EnvName(a.name), value)
				}
				c, origins, err := Load(sources)
				if err != nil {
					t.Errorf("%s in %s: %v", a.name, name, err)
					continue
				}
				if got := inline(c.byName()[s.name].value.get()); got != value || origins[s.name] == "" {
					t.Errorf("%s in %s: %s is %s from %q", a.name, name, s.name, got, origins[s.name])
				}
				if name == "environment" {
					os.Unsetenv(EnvName(a.name))
				}
			}
			var b strings.Builder
			if err := Default().Write(&b, "", true); err != nil || strings.Contains(b.String(), " "+leaf+":") {
				t.Errorf("%s is written: %v", a.name, err)
			}
		}
	}
	if aliases == 0 {
		t.Error("no aliases")
	}
}

func TestPriorSourceIsPriorMethodUnderItsOldValues(t *testing.T) {
	for old, now := range map[string]string{"eval": PriorMean, "training": PriorTraining} {
		c, _, err := Load(Sources{Set: []string{"prior.source=" + old}})
		if err != nil || c.Prior.Method != now {
			t.Errorf("%s is %s, %v", old, c.Prior.Method, err)
		}
		if c, err = Parse("run", []byte("prior:\n  source: "+old+"\n")); err != nil || c.Prior.Method != now {
			t.Errorf("%s in a file is %v, %v", old, c, err)
		}
	}
}

func TestAKeyUnderBothItsNamesAppearsTwice(t *testing.T) {
	_, _, err := Load(Sources{File: write(t, "data:\n  skip_bad: true\n  skip_broken: false\n")})
	if err == nil || !strings.Contains(err.Error(), "line 3: data.skip_broken: appears twice, first on line 2") {
		t.Error(err)
	}
}

func TestTheKeysOwnNameGoesBeforeItsAliasAndHigherSourcesBeforeBoth(t *testing.T) {
	t.Setenv("CSL_DATA_SKIP_BAD", "true")
	t.Setenv("CSL_DATA_SKIP_BROKEN", "false")
	c, origins, err := Load(Sources{})
	if err != nil || c.Data.SkipBroken || origins["data.skip_broken"] != "environment CSL_DATA_SKIP_BROKEN" {
		t.Error(c.Data.SkipBroken, origins, err)
	}
	c, origins, err = Load(Sources{
		File: write(t, "data:\n  skip_bad: false\n"), Set: []string{"data.skip_bad=false"},
		Flags: flags(t, []string{"--skip_bad"}, "data.skip_broken"),
	})
	if err != nil || !c.Data.SkipBroken || origins["data.skip_broken"] != "--skip_broken" {
		t.Error(c.Data.SkipBroken, origins, err)
	}
}

func TestDiffNamesTheSettingsThatDiffer(t *testing.T) {
	was, err := Parse("old", []byte("data:\n  skip_bad: true\nloss:\n  topk: 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	is := Default()
	is.Train.Out = "a: b"
	want := []Change{
		{"data.skip_broken", "true", "false"}, {"loss.topk", "3", "5"}, {"train.out", "outputs", "'a: b'"},
	}
	if d := cmp.Diff(want, Diff(was, is)); d != "" {
		t.Error(d)
	}
	if d := Diff(is, is); d != nil {
		t.Errorf("%v", d)
	}
}

func TestParseNamesTheText(t *testing.T) {
	if _, err := Parse("saved state", []byte("loss: {topkk: 1}")); err == nil || !strings.Contains(err.Error(), `"saved state" line 1: loss.topkk`) {
		t.Error(err)
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no error")
	}
}
