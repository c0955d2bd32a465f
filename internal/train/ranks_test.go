package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/dist"
	"csl/internal/fixture"
	"csl/internal/loss"
	"csl/internal/model"
	"csl/internal/progress"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// team runs training on several ranks in one process.
type team struct {
	ranks, threads int
	resume         bool
	alter          func(rank int, o *Options) // before a rank starts; nil for nothing
	watch          func(rank int, t *trainer) // after it started; nil for nothing
	ctx            func(rank int) context.Context
	log            bytes.Buffer // of rank 0
}

// run gives what each rank returns.
func (m *team) run(t *testing.T, settings []string) ([]Result, []error) {
	t.Helper()
	groups := dist.Local(m.ranks)
	results, errs := make([]Result, m.ranks), make([]error, m.ranks)
	var wg sync.WaitGroup
	for rank, g := range groups {
		c, _, err := config.Load(config.Sources{Set: settings})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		o := Options{
			Config: c, Backend: newCPU(t, max(1, m.threads)), Display: progress.New(progress.Options{Out: &out}), FS: fixture.FS(),
			Resume: m.resume, Version: "test", Group: g, Program: "p",
		}
		if rank == 0 {
			m.log.Reset()
			o.Display = progress.New(progress.Options{Out: &m.log})
		}
		if m.alter != nil {
			m.alter(rank, &o)
		}
		ctx := context.Background()
		if m.ctx != nil {
			ctx = m.ctx(rank)
		}
		wg.Go(func() { results[rank], errs[rank] = m.one(ctx, o) })
	}
	wg.Wait()
	return results, errs
}

// one is Run, watched.
func (m *team) one(ctx context.Context, o Options) (Result, error) {
	return run(ctx, o, func(t *trainer) {
		if m.watch != nil {
			m.watch(t.ranks.group.Rank(), t)
		}
	})
}

func (m *team) must(t *testing.T, settings []string) Result {
	t.Helper()
	results, errs := m.run(t, settings)
	for rank, err := range errs {
		if err != nil {
			t.Fatalf("rank %d of %d: %v", rank, m.ranks, err)
		}
		if a, b := fmt.Sprint(*results[rank].Best), fmt.Sprint(*results[0].Best); a != b {
			t.Fatalf("rank %d has best %v, rank 0 %v", rank, a, b)
		}
		results[rank].Best = results[0].Best
		if results[rank] != results[0] {
			t.Fatalf("rank %d has result %+v, rank 0 %+v", rank, results[rank], results[0])
		}
	}
	return results[0]
}

// uneven are settings of steps of 5, 5 and 1 images, which no number of ranks but 1 and 5 divides.
func uneven(d fixture.Data, out string, more ...string) []string {
	return d.Settings(out, append([]string{
		"model.sync_bn=true", "data.size=64", "train.batch=5", "schedule.epochs=1", "optimizer.lr=1e-4",
		"augment.cutout=0.5", "augment.randaugment.ops=2",
	}, more...)...)
}

// tensorsOf reads a file of the saved state.
func tensorsOf(t *testing.T, dir, file string) map[string][]float32 {
	t.Helper()
	g, err := safefile.LoadLast(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(g.Path(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string][]float32{}
	for _, tensor := range f.Tensors() {
		v := make([]float32, tensor.Len())
		if err := tensor.ReadFloat32s(v); err == nil {
			all[tensor.Name] = v
		}
	}
	return all
}

// apart is the largest difference of two lists of tensors, each relative to the tensor's largest value.
func apart(a, b map[string][]float32) (most float64, where string) {
	for _, name := range slices.Sorted(maps.Keys(b)) {
		diff, size := 0.0, 1e-30
		for i, v := range b[name] {
			diff = max(diff, math.Abs(float64(a[name][i]-v)))
			size = max(size, math.Abs(float64(v)))
		}
		if diff/size > most {
			most, where = diff/size, name
		}
	}
	return most, where
}

// With sync_bn ranks compute what one process does, but for rounding: losses within 1e-6, and after three steps weights,
// averages and moments within 3e-5 of the largest value of their tensor.
func TestRanksEqualOneProcess(t *testing.T) {
	d := fixture.Make(t, 11, 7)
	for name, more := range map[string][]string{
		"selective":                {"loss.mode=selective", "loss.topk=1"},
		"ignore":                   {"loss.mode=ignore"},
		"negative":                 {"loss.mode=negative"},
		"ignore_normalize_classes": {"loss.mode=ignore_normalize_classes"},
		"epr":                      {"loss.name=" + loss.EPR, "loss.mode=negative"},
		"single label":             {"loss.name=" + loss.SingleLabel, "loss.mode=negative"},
		"ll_r":                     {"loss.name=" + loss.LLR, "loss.mode=negative", "loss.correct_after=0", "loss.ll_percent=8", "schedule.epochs=2"},
		"ll_cp":                    {"loss.name=" + loss.LLCp, "loss.mode=negative", "loss.correct_after=0", "loss.ll_percent=8", "schedule.epochs=2"},
		"splc":                     {"loss.name=" + loss.SPLC, "loss.mode=negative", "loss.correct_after=0", "schedule.epochs=2"},
		"scores":                   {"loss.mode=selective", "loss.topk=1", "loss.scores=" + scoresOf(t, d.Full)},
		"scores of another model":  {"loss.mode=selective", "loss.topk=1", "loss.scores=" + scoresOf(t, d.Full), "loss.scores_as=likelihood"},
		"accumulating":             {"train.accumulate=2"},
		"running prior":            {"prior.method=training"},
	} {
		t.Run(name, func(t *testing.T) {
			one := t.TempDir()
			newJob(t).must(t, uneven(d, one, more...))
			want, err := rundir.ReadLog(one)
			if err != nil {
				t.Fatal(err)
			}
			for _, ranks := range []int{1, 2, 3, 4} {
				if ranks == 1 && name != "selective" {
					continue // nothing is shared
				}
				out := t.TempDir()
				m := team{ranks: ranks}
				m.must(t, uneven(d, out, more...))
				got, err := rundir.ReadLog(out)
				if err != nil || len(got.Steps) != len(want.Steps) {
					t.Fatalf("%d steps, want %d: %v", len(got.Steps), len(want.Steps), err)
				}
				for i, s := range got.Steps {
					w := want.Steps[i]
					if math.Abs(s.Loss-w.Loss) > 1e-6*w.Loss || s.DroppedTopK != w.DroppedTopK || s.Dropped != w.Dropped || s.Corrected != w.Corrected {
						t.Errorf("%d ranks, step %d: %+v, want %+v", ranks, i, s, w)
					}
				}
				for _, file := range []string{weightsFile, averageFile, momentsFile} {
					if diff, where := apart(tensorsOf(t, out, file), tensorsOf(t, one, file)); diff > 3e-5 {
						t.Errorf("%d ranks: %s is %.2g apart from one process's at %s", ranks, file, diff, where)
					}
				}
				a, b := lasting(t, out), lasting(t, one)
				if got, want := a[rundir.Prior], b[rundir.Prior]; len(strings.Fields(got)) != len(strings.Fields(want)) {
					t.Errorf("%d ranks: prior %q, want %q", ranks, got, want)
				}
				if a["state/"+turnedFile] != b["state/"+turnedFile] {
					t.Errorf("%d ranks turned other labels", ranks)
				}
				if ranks == 1 {
					same(t, "one rank", a, b)
				}
			}
		})
	}
}

func TestTheSameRanksGiveTheSameBitsForAnyNumberOfThreads(t *testing.T) {
	d := fixture.Make(t, 11, 7)
	for _, sync := range []string{"true", "false"} {
		one, two, small := t.TempDir(), t.TempDir(), t.TempDir()
		more := []string{"model.sync_bn=" + sync, "train.save_every=2", "schedule.epochs=2"}
		(&team{ranks: 3}).must(t, uneven(d, one, more...))
		(&team{ranks: 3, threads: 3}).must(t, uneven(d, two, append(more, "data.workers=3")...))
		same(t, "three threads", lasting(t, two), lasting(t, one))
		buckets := team{ranks: 3, watch: func(_ int, t *trainer) { t.stepper.buckets.length = 777 }}
		buckets.must(t, uneven(d, small, more...))
		same(t, "small buckets", lasting(t, small), lasting(t, one))
	}
}

func TestRanksScoreAsOneProcess(t *testing.T) {
	d, all := fixture.Make(t, 11, 7), map[string]bool{}
	var mu sync.Mutex
	fixture.Write(t, filepath.Join(d.Dir, d.Images[13]), "no image")
	for _, ranks := range []int{1, 2, 3, 4} {
		m := team{ranks: ranks, watch: func(rank int, tr *trainer) {
			s, err := newValidating(tr).score(context.Background(), []*model.Weights{tr.stepper.weights, tr.stepper.average})
			if err != nil {
				t.Error(err)
			}
			text, err := json.Marshal(s)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			all[string(text)] = true
		}}
		m.must(t, uneven(d, t.TempDir(), "data.skip_broken=true"))
	}
	if len(all) != 1 {
		t.Errorf("other scores: %v", slices.Collect(maps.Keys(all)))
	}
}

func TestRanksShareTheTestSplit(t *testing.T) {
	d := fixture.Make(t, 10, 12)
	settings, _ := withTest(t, d)
	for _, ranks := range []int{2, 3} {
		out, elsewhere := t.TempDir(), t.TempDir() // only rank 0 has the run's folder
		m := team{ranks: ranks, alter: func(rank int, o *Options) {
			if rank > 0 {
				o.Config.Train.Out = elsewhere
			}
		}}
		results, errs := m.run(t, settings(out, "data.size=64"))
		for rank, err := range errs {
			if err != nil || (results[rank].Tested != nil) != (rank == 0) {
				t.Fatalf("rank %d: %+v, %v", rank, results[rank].Tested, err)
			}
		}
		// The weights are other ones by rounding; scored by one process they give the same bits.
		files := lasting(t, out)
		if err := os.Remove(filepath.Join(out, rundir.Test)); err != nil {
			t.Fatal(err)
		}
		again := team{ranks: 1, resume: true}
		again.must(t, settings(out, "data.size=64"))
		for _, name := range []string{rundir.Test, rundir.TestScores} {
			if files[name] == "" || lasting(t, out)[name] != files[name] {
				t.Errorf("%d ranks: %s differs from that of one process", ranks, name)
			}
		}
	}
}

// asked cancels after some steps.
type asked struct {
	noHook
	at     int
	cancel func()
}

func (a asked) afterStep(s *state, _ stepInfo) error {
	if s.Cursor.Step == a.at {
		a.cancel()
	}
	return nil
}

func TestAllRanksStopWhereOneIsAskedToAndAnotherNumberGoesOn(t *testing.T) {
	d, whole := fixture.Make(t, 11, 7), t.TempDir()
	more := []string{"schedule.epochs=2", "prior.method=training"}
	(&team{ranks: 3}).must(t, uneven(d, whole, more...))
	for _, later := range []int{3, 2, 1, 4} {
		out := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		first := team{
			ranks: 3,
			ctx: func(rank int) context.Context {
				if rank == 2 {
					return ctx
				}
				return context.Background()
			},
			watch: func(rank int, t *trainer) {
				if rank == 2 {
					t.hooks = append(t.hooks, asked{at: 4, cancel: cancel})
				}
			},
		}
		_, errs := first.run(t, uneven(d, out, more...))
		for rank, err := range errs {
			var stopped *Interrupted
			if !errors.As(err, &stopped) || stopped.Step != 5 || !errors.Is(err, context.Canceled) {
				t.Fatalf("rank %d: %v", rank, err)
			}
		}
		(&team{ranks: later, resume: true}).must(t, uneven(d, out, more...))
		if later == 3 {
			same(t, "resumed", lasting(t, out), lasting(t, whole))
			continue
		}
		if diff, where := apart(tensorsOf(t, out, weightsFile), tensorsOf(t, whole, weightsFile)); diff > 1e-4 {
			t.Errorf("resumed by %d ranks: %.2g apart at %s", later, diff, where)
		}
	}
}

// failing ends a rank after some steps.
type failing struct {
	noHook
	at int
}

func (f failing) afterStep(s *state, _ stepInfo) error {
	if s.Cursor.Step == f.at {
		return errors.New("out of paper")
	}
	return nil
}

func TestARankThatFailsEndsAllAndTheRunCanBeResumed(t *testing.T) {
	d, out := fixture.Make(t, 11, 7), t.TempDir()
	settings := uneven(d, out, "train.save_every=1")
	m := team{ranks: 3, watch: func(rank int, t *trainer) {
		if rank == 1 {
			t.hooks = append(t.hooks, failing{at: 2})
		}
	}}
	_, errs := m.run(t, settings)
	for rank, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "out of paper") || rank != 1 && !strings.Contains(err.Error(), "rank 1 ended the job") {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
	if g, err := safefile.LoadLast(out); err != nil || g.Step != 2 {
		t.Fatalf("%+v, %v", g, err)
	}
	if r := (&team{ranks: 3, resume: true}).must(t, settings); r.Steps != 3 {
		t.Errorf("%+v", r)
	}
}

// nudging changes a weight of one rank.
type nudging struct {
	noHook
	at      int
	stepper *stepper
}

func (n nudging) afterStep(s *state, _ stepInfo) error {
	if s.Cursor.Step == n.at {
		n.stepper.weights.Params()[0].Data[0] += 1e-5
	}
	return nil
}

func TestARankWhoseWeightsDriftEndsTheRunByItsNumber(t *testing.T) {
	d, out := fixture.Make(t, 11, 7), t.TempDir()
	m := team{ranks: 3, watch: func(rank int, t *trainer) {
		if rank == 0 {
			t.hooks = append(t.hooks, nudging{at: 4, stepper: t.stepper})
		}
	}}
	_, errs := m.run(t, uneven(d, out, "schedule.epochs=2"))
	for rank, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "rank 0 on ") || !strings.Contains(err.Error(), "has other weights than the others after step 6") ||
			!strings.Contains(err.Error(), "the last good state is step 3") {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}

func TestALossThatIsNotFiniteEndsAllRanksAlike(t *testing.T) {
	d, out := fixture.Make(t, 11, 7), t.TempDir()
	m := team{ranks: 2, watch: func(_ int, t *trainer) {
		t.hooks = append(t.hooks, poisoner{at: 2, stepper: t.stepper})
	}}
	_, errs := m.run(t, uneven(d, out))
	for rank, err := range errs {
		var bad *NonFinite
		if !errors.As(err, &bad) || bad.Step != 3 || !strings.Contains(bad.Where, "head.fc.bias") || !errors.As(err, new(common)) {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}

func TestRanksThatDoNotFitTogetherAreNamed(t *testing.T) {
	d := fixture.Make(t, 11, 7)
	for name, x := range map[string]struct {
		alter func(o *Options)
		want  string
	}{
		"program":  {func(o *Options) { o.Program = "q" }, "has another program"},
		"version":  {func(o *Options) { o.Version = "older" }, "has another program (older"},
		"settings": {func(o *Options) { o.Config.Train.Seed = 7 }, "train.seed was 1, not 7"},
		"labels":   {func(o *Options) { o.Config.Data.Train.Annotations = d.Full }, "data.train.annotations"},
		"folder":   {func(o *Options) { o.Config.Data.Train.Root = "/nowhere" }, "rank 2 on "},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "run")
			m := team{ranks: 3, alter: func(rank int, o *Options) {
				if rank == 2 {
					x.alter(o)
				}
			}}
			_, errs := m.run(t, uneven(d, out))
			for rank, err := range errs {
				if err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), "rank 2 on ") || !errors.As(err, new(common)) {
					t.Errorf("rank %d: %v", rank, err)
				}
			}
			if exists(filepath.Join(out, "last")) {
				t.Error("a state was saved")
			}
		})
	}
}

func TestABatchNeedsAnImageForEachRank(t *testing.T) {
	d := fixture.Make(t, 11, 7)
	_, errs := (&team{ranks: 3}).run(t, uneven(d, t.TempDir(), "train.batch=2"))
	for rank, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "a batch of 2 images cannot be shared by 3 ranks") || strings.Contains(err.Error(), "rank 0 on") {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}

func TestBrokenImagesOfAllRanksAreListed(t *testing.T) {
	d, one := fixture.Make(t, 11, 7), t.TempDir()
	data, err := os.ReadFile(filepath.Join(d.Dir, d.Images[3]))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{2, 5, 9, 12, 16} { // a header that is right passes the check at the start
		fixture.Write(t, filepath.Join(d.Dir, d.Images[n]), string(data[:len(data)/2]))
	}
	newJob(t).must(t, uneven(d, one, "data.skip_broken=true"))
	for _, ranks := range []int{2, 3} {
		out := t.TempDir()
		m := team{ranks: ranks}
		r := m.must(t, uneven(d, out, "data.skip_broken=true"))
		if got, want := lasting(t, out)[rundir.Skipped], lasting(t, one)[rundir.Skipped]; got != want || r.Skipped != 5 {
			t.Errorf("%d ranks: %d skipped: %q, want %q", ranks, r.Skipped, got, want)
		}
		if n := strings.Count(m.log.String(), "skipped: "); n != 5 {
			t.Errorf("%d ranks told of %d skipped images:\n%s", ranks, n, &m.log)
		}
	}
}
