package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"csl/internal/fixture"
)

// sweepFile writes a sweep over a tiny data set, whose test images are half of those that are not trained on.
func sweepFile(t *testing.T, d fixture.Data) string {
	t.Helper()
	text, err := os.ReadFile(d.Val)
	if err != nil {
		t.Fatal(err)
	}
	lines, dir := strings.SplitAfter(string(text), "\n"), t.TempDir()
	half := 1 + (len(lines)-1)/8*4 // four rows an image
	val := fixture.Write(t, filepath.Join(dir, "val.csv"), strings.Join(lines[:half], ""))
	test := fixture.Write(t, filepath.Join(dir, "test.csv"), lines[0]+strings.Join(lines[half:], ""))
	settings := map[string]string{}
	for _, s := range d.Settings("", "data.train.annotations="+d.Full, "data.val.annotations="+val, "data.test.annotations="+test, "schedule.epochs=2") {
		key, value, _ := strings.Cut(s, "=")
		settings[key] = value
	}
	delete(settings, "train.out")
	var base strings.Builder
	for key, value := range settings {
		fmt.Fprintf(&base, "  %s: %q\n", key, value)
	}
	fixture.Write(t, filepath.Join(dir, "base.yaml"), "train: {out: unused}\n")
	return fixture.Write(t, filepath.Join(dir, "sweep.yaml"), `base: base.yaml
seeds: [1, 2]
set:
`+base.String()+`  data.cache: cache
groups:
  fpc: {set: {simulate.type: fpc, simulate.param: 5}}
variants:
  ignore:
    set: {loss.mode: ignore}
  selective:
    set: {prior.top_n: 1}
    prior: estimated
    axes: {loss.topk: [0, 1]}
bootstrap: 100
`)
}

func TestASweepThatIsKilledAgainAndAgainGivesTheSameTable(t *testing.T) {
	file := sweepFile(t, fixture.Make(t, 12, 12))
	began := time.Now()
	dir := t.TempDir()
	in := func(dir string, args ...string) *exec.Cmd {
		c := command(t, append([]string{"sweep", file, "--out", "out"}, args...)...)
		c.Dir = dir
		return c
	}
	want := finish(t, in(dir)).must(t).stdout
	took := time.Since(began)
	wantJSON := finish(t, in(dir, "--table", "--format", "json")).must(t).stdout
	r := rand.New(rand.NewPCG(5, 8))
	kills := 0
	for n := 0; n < 2 || kills < 4; n++ {
		if n == 12 {
			t.Fatalf("only %d kills", kills)
		}
		dir, jobs := t.TempDir(), fmt.Sprint(1+n%2)
		for killed(t, in(dir, "--jobs", jobs), time.Duration((0.1+0.5*r.Float64())*float64(took))) {
			if kills++; kills%4 == 0 { // leave the rest
				break
			}
		}
		if got := finish(t, in(dir, "--jobs", jobs)).must(t).stdout; got != want {
			t.Errorf("table after kills\n%s\nwant\n%s", got, want)
		}
		if got := finish(t, in(dir, "--table", "--format", "json")).must(t).stdout; got != wantJSON {
			t.Errorf("JSON after kills\n%s\nwant\n%s", got, wantJSON)
		}
	}
	t.Logf("%d kills", kills)
}

func TestSweepSaysHowToGoOnAndWhatIsWrong(t *testing.T) {
	file := sweepFile(t, fixture.Make(t, 12, 12))
	c := command(t, "sweep", file, "--dry_run")
	if o := finish(t, c).must(t); !strings.Contains(o.stdout, "new    fpc, ignore, seed 1") || exists(filepath.Join(c.Dir, "sweep")) {
		t.Errorf("printed\n%s", o.stdout)
	}
	csl(t, "sweep", file, "--jobs", "0").complains(t, 2, "--jobs 0")
	csl(t, "sweep", file, "--seeds", "1,x").complains(t, 2, "--seeds", `"x"`)
	csl(t, "sweep").complains(t, 2, "one sweep file")
	csl(t, "sweep", "nowhere.yaml").complains(t, 1, "nowhere.yaml")
	csl(t, "sweep", file, "--set", "loss.tpk=1").complains(t, 2, "--set", `did you mean "loss.topk"?`)
	bad := fixture.Write(t, filepath.Join(filepath.Dir(file), "bad.yaml"), "base: base.yaml\nvariants:\n  a:\n    set: {loss.topk: -1}\n")
	csl(t, "sweep", bad).complains(t, 2, `bad.yaml" line 4: loss.topk`)
}
