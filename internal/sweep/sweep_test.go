package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/graph"
	"csl/internal/kernel/kernels"
	"csl/internal/progress"
	"csl/internal/rundir"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}

// study is a sweep over a tiny data set.
type study struct {
	fixture.Data
	dir string
	log bytes.Buffer
}

// newStudy has 12 training, 6 validation and 6 test images, and a base configuration.
func newStudy(t *testing.T) *study {
	t.Helper()
	s := &study{Data: fixture.Make(t, 12, 12), dir: t.TempDir()}
	text, err := os.ReadFile(s.Val)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	fixture.Write(t, filepath.Join(s.dir, "val.csv"), strings.Join(lines[:25], ""))
	fixture.Write(t, filepath.Join(s.dir, "test.csv"), lines[0]+strings.Join(lines[25:], ""))
	fixture.Write(t, filepath.Join(s.dir, "base.yaml"), fmt.Sprintf(`
model: {name: tresnet_tiny, planes: 4}
data:
  train: {root: %[1]q, annotations: %[2]q}
  val: {annotations: %[3]q}
  test: {annotations: %[4]q}
  size: 32
augment: {cutout: 0, randaugment: {ops: 0}}
loss: {mode: selective, topk: 1}
optimizer: {lr: 0.01}
schedule: {epochs: 2}
ema: {decay: 0.5}
train: {batch: 4, log_every: 1}
`, s.Dir, s.Full, filepath.Join(s.dir, "val.csv"), filepath.Join(s.dir, "test.csv")))
	return s
}

// options are those of a sweep file with this text.
func (s *study) options(t *testing.T, text string) Options {
	t.Helper()
	set, err := kernels.Choose("")
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		File: fixture.Write(t, filepath.Join(s.dir, "sweep.yaml"), text), Out: filepath.Join(s.dir, "out"), Jobs: 1, Threads: 2,
		Backend: func(threads int) (graph.Host, func(), error) {
			be, err := graph.NewCPU(threads, set)
			if err != nil {
				return nil, nil, err
			}
			return be, be.Close, nil
		},
		Display: progress.New(progress.Options{Out: &s.log}), FS: fixture.FS(), Version: "test",
	}
}

// must runs a sweep to its end and returns text and JSON of its table.
func must(t *testing.T, o Options) string {
	t.Helper()
	table, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return texts(t, table)
}

func texts(t *testing.T, table *Table) string {
	t.Helper()
	var b bytes.Buffer
	if err := errors.Join(table.WriteText(&b), table.WriteJSON(&b)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const small = `
base: base.yaml
seeds: [1, 2]
groups:
  fpc: {set: {simulate.type: fpc, simulate.param: 4}}
variants:
  ignore:
    set: {loss.mode: ignore}
  selective:
    set: {prior.top_n: 1}
    prior: estimated
    axes: {loss.topk: [0, 1]}
  counted:
    set: {prior.top_n: 1}
    prior: count
bootstrap: 50
`

func TestASweepChoosesByValidationAndTestsTheChosenRunsOnce(t *testing.T) {
	s := newStudy(t)
	o := s.options(t, small)
	table, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	g := table.Groups[0]
	if table.Runs != table.Complete || len(g.Variants) != 3 || g.Images != 6 || len(g.Differences) != 3 {
		t.Fatalf("%+v", table)
	}
	selective := g.Variants[1]
	best := 0
	for i, k := range selective.Tried {
		if *k.Val > *selective.Tried[best].Val {
			best = i
		}
	}
	if want := fmt.Sprint(best); selective.Chosen["loss.topk"] != want || len(selective.Tried) != 2 {
		t.Errorf("chosen %v of %+v", selective.Chosen, selective.Tried)
	}
	tests, runs := 0, 0
	for name := range fixture.Files(t, o.Out) {
		if filepath.Base(name) == rundir.Test {
			tests++
			if strings.Contains(name, fmt.Sprintf("topk=%d", 1-best)) || strings.HasPrefix(name, priorFolder) {
				t.Errorf("%s: a run that was not chosen was tested", name)
			}
		}
		if filepath.Base(name) == recordFile {
			runs++
		}
	}
	if tests != 6 || runs != table.Runs || runs != 2+1+2+2 { // ignore, which are the models of the priors, the values not chosen, selective, counted
		t.Errorf("%d tests of %d runs", tests, runs)
	}
	for _, v := range g.Variants {
		if len(v.Seeds) != 2 || v.MAPO.SD == nil || v.MAPPartial.Mean == nil {
			t.Errorf("%+v", v)
		}
	}
	again, err := Tabulate(t.Context(), o)
	if err != nil || texts(t, again) != texts(t, table) {
		t.Errorf("another table: %v", err)
	}
	before := fixture.Files(t, o.Out)
	o.Backend = nil // nothing is computed
	if must(t, o) != texts(t, table) {
		t.Error("another table when all is done")
	}
	if now := fixture.Files(t, o.Out); len(now) != len(before) {
		t.Error("files changed although all was done")
	}
}

func TestJobsAndInterruptionsMakeNoDifference(t *testing.T) {
	s := newStudy(t)
	whole := s.options(t, small)
	want := strings.ReplaceAll(must(t, whole), whole.Out, "OUT")
	o := whole
	o.Out, o.Jobs = filepath.Join(s.dir, "two"), 2
	if got := strings.ReplaceAll(must(t, o), o.Out, "OUT"); got != want {
		t.Errorf("two jobs:\n%s\nwant\n%s", got, want)
	}
	o.Out = filepath.Join(s.dir, "stopped")
	for n := 1; ; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		o.Display = progress.New(progress.Options{Out: &countdown{n % 3, cancel}})
		table, err := Run(ctx, o)
		cancel()
		if err == nil {
			if got := strings.ReplaceAll(texts(t, table), o.Out, "OUT"); got != want || n < 4 {
				t.Errorf("after %d interruptions:\n%s\nwant\n%s", n-1, got, want)
			}
			break
		}
		var stopped *Interrupted
		if !errors.As(err, &stopped) || !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

// countdown cancels after some lines.
type countdown struct {
	left   int
	cancel func()
}

func (c *countdown) Write(p []byte) (int, error) {
	if c.left--; c.left < 0 {
		c.cancel()
	}
	return len(p), nil
}

func TestAChangedFileKeepsTheRunsWithTheSameSettings(t *testing.T) {
	s := newStudy(t)
	text := "base: base.yaml\nvariants:\n  a: {set: {loss.mode: ignore}}\n  b: {set: {loss.mode: negative}}\nbootstrap: 10\n"
	must(t, s.options(t, text))
	s.log.Reset()
	text = strings.Replace(text, "  b: {set: {loss.mode: negative}}", "  b: {set: {loss.mode: negative, loss.gamma_neg: 2}}\n  c: {set: {loss.mode: negative}}", 1)
	o := s.options(t, text)
	runs, err := DryRun(t.Context(), o)
	if err != nil || len(runs) != 3 || runs[0].State != StateTested || runs[1].State != StateNew || runs[2].State != StateTested {
		t.Fatalf("%+v, %v", runs, err)
	}
	if !strings.Contains(runs[2].Dir, "/b/") {
		t.Errorf("the run of b that became c's lies in %q", runs[2].Dir)
	}
	must(t, o)
	if n := strings.Count(s.log.String(), ": trained"); n != 1 {
		t.Errorf("%d runs were trained, want 1:\n%s", n, s.log.String())
	}
}

func TestDryRunListsWhatAChoiceDecides(t *testing.T) {
	s := newStudy(t)
	runs, err := DryRun(t.Context(), s.options(t, small))
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, r := range runs {
		states[r.State]++
	}
	if states[StateNew] != 6 || states[StateOpen] != 2 || exists(filepath.Join(s.dir, "out")) {
		t.Errorf("%v\n%+v", states, runs)
	}
}

func TestARunWhoseLossIsNotFiniteFailsAlone(t *testing.T) {
	s := newStudy(t)
	o := s.options(t, "base: base.yaml\nvariants:\n  good: {set: {loss.mode: ignore}}\n  wild: {axes: {optimizer.lr: [1e+30, 0.01]}}\nbootstrap: 0\n")
	table, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	wild := table.Groups[0].Variants[1]
	if wild.Chosen["optimizer.lr"] != "0.01" || wild.Tried[0].Val != nil || len(wild.Runs) != 1 {
		t.Errorf("%+v", wild)
	}
	o = s.options(t, "base: base.yaml\nvariants:\n  wild: {set: {optimizer.lr: 1e+30}}\n")
	if got := must(t, o); !strings.Contains(got, "failed: wild, seed 1") {
		t.Errorf("%s", got)
	}
	o = s.options(t, "base: base.yaml\nestimate: {set: {optimizer.lr: 1e+30}}\nvariants:\n  gated: {prior: estimated}\n")
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "temporary model has failed") {
		t.Errorf("err = %v", err)
	}
}

func TestPriorsOfAllKinds(t *testing.T) {
	s := newStudy(t)
	file := fixture.Write(t, filepath.Join(s.dir, "own.csv"), "Classes,avg_pred\nred,0.9\ngreen,0.1\nblue,0.1\ndark,0.1\n")
	o := s.options(t, `
base: base.yaml
set: {data.train.annotations: "`+s.Train+`", prior.top_n: 1, train.seed_is_no_setting: 1}
`)
	if _, err := Run(t.Context(), o); err == nil {
		t.Error("an unknown setting was taken")
	}
	o = s.options(t, `
base: base.yaml
set: {data.train.annotations: "`+s.Train+`", prior.top_n: 1}
groups:
  given: {full_annotations: "`+s.Full+`"}
variants:
  shift: {prior: estimated}
  mean: {prior: estimated, prior_method: mean}
  running: {prior: estimated, prior_method: training}
  truth: {prior: true}
  count: {prior: count}
  own: {prior: "`+file+`"}
bootstrap: 0
`)
	table, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var priors []string
	for name, text := range fixture.Files(t, o.Out) {
		if filepath.Ext(name) == ".csv" && !strings.Contains(name, "/run/") {
			priors = append(priors, filepath.Base(name))
			if !strings.Contains(text, "red,") {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
	if len(priors) != 5 || table.Runs != 8 || table.Complete != 8 { // the running mean needs a model of its own
		t.Errorf("priors %q, %d of %d runs", priors, table.Complete, table.Runs)
	}
}
