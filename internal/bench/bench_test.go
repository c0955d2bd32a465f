package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"csl/internal/graph"
	"csl/internal/kernel/kerneltest"
)

// tiny is the smallest thing to measure.
func tiny(mode string) Options {
	return Options{Model: "tresnet_tiny", Size: 32, Classes: 7, Batch: 2, Mode: mode, EMA: true, Profile: true}
}

func measure(t *testing.T, o Options) *Result {
	t.Helper()
	be, err := graph.NewCPU(2, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	r, err := Run(t.Context(), be, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestResultOfEachMode(t *testing.T) {
	for _, mode := range []string{Infer, Train} {
		r := measure(t, tiny(mode))
		if r.Model != "tresnet_tiny" || r.Mode != mode || r.Size != 32 || r.Batch != 2 || r.Classes != 7 ||
			r.Threads != 2 || r.Kernels == "" || r.EMA != (mode == Train) {
			t.Errorf("%s: %+v", mode, r)
		}
		if r.Runs < minRuns || r.StepsPerRun < 1 || !(r.ImagesPerSecond >= r.ImagesPerSecondMedian) ||
			!(r.ImagesPerSecondMedian > 0) || !(r.GFLOPS > 0) {
			t.Errorf("%s: %+v", mode, r)
		}
		if r.ArenaBytes <= 0 || r.WorkBytes <= 0 || (r.RSSBytes != nil) != (runtime.GOOS == "linux") {
			t.Errorf("%s: %+v", mode, r)
		}
		if known := r.Kernels != "portable"; (r.PeakFraction != nil) != known || (r.PeakGFLOPS != nil) != known {
			t.Errorf("%s with kernels %s: peak %v, fraction %v", mode, r.Kernels, r.PeakGFLOPS, r.PeakFraction)
		}
	}
}

func TestInferenceDoesNotAllocate(t *testing.T) {
	// The runtime itself allocates now and then.
	if r := measure(t, tiny(Infer)); r.AllocsPerStep > 1 {
		t.Errorf("%v allocations per step", r.AllocsPerStep)
	}
}

func TestPortableKernelsHaveNoPeak(t *testing.T) {
	t.Setenv("CSL_KERNELS", "portable")
	r := measure(t, tiny(Infer))
	if r.Kernels != "portable" || r.PeakFraction != nil || r.PeakGFLOPS != nil {
		t.Errorf("%+v", r)
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"peak_fraction":null`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestProfileAddsUpToTheStep(t *testing.T) {
	for _, mode := range []string{Infer, Train} {
		p := measure(t, tiny(mode)).Profile
		if p == nil || p.Steps < profileSteps || !(p.Seconds > 0) {
			t.Fatalf("%s: %+v", mode, p)
		}
		seconds, share := 0.0, 0.0
		for _, c := range p.Ops {
			seconds += c.Seconds
			share += c.Share
		}
		if math.Abs(seconds-p.Seconds) > 1e-6*p.Seconds || math.Abs(share-1) > 1e-6 {
			t.Errorf("%s: operations take %v s, the step %v; shares add up to %v", mode, seconds, p.Seconds, share)
		}
		falling := func(a, b Cost) int { return cmp.Compare(b.Seconds, a.Seconds) }
		if !slices.IsSortedFunc(p.Ops, falling) || !slices.IsSortedFunc(p.Layers, falling) {
			t.Errorf("%s: not sorted: %+v", mode, p)
		}
	}
}

func TestProfileCountsEveryOperation(t *testing.T) {
	be, err := graph.NewCPU(1, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	s, err := newSubject(be, tiny(Train))
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile(t.Context(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	calls, flops, names := 0, int64(0), map[string]int64{}
	for _, c := range p.Ops {
		calls += c.Calls
		flops += c.FLOPs
		names[c.Op] = c.Bytes
	}
	plan := s.machine.Plan()
	if want := plan.Ops() + plan.Streams() + len(s.phases) - 1 + 1; calls != want || flops != plan.FLOPs() {
		t.Errorf("%d calls, %d FLOPs, want %d, %d", calls, flops, want, plan.FLOPs())
	}
	for _, name := range []string{"conv", "conv weight gradient", "loss", "adam with ema", "running statistics", otherOp} {
		if _, ok := names[name]; !ok {
			t.Errorf("no %q among %v", name, names)
		}
	}
	if names["conv"] <= 0 || names["adam with ema"] <= 0 {
		t.Errorf("bytes %v", names)
	}
}

func TestTrainingStepsLearn(t *testing.T) {
	be, err := graph.NewCPU(1, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	s, err := newTrainer(be, tiny(Train))
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for range 20 {
		if err := s.subject().step(t.Context()); err != nil {
			t.Fatal(err)
		}
		parts, err := s.net.LossTerms()
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, parts[0])
	}
	if last := losses[len(losses)-1]; !(last < losses[0]) {
		t.Errorf("losses %v", losses)
	}
}

func TestNoEMASkipsTheAverage(t *testing.T) {
	o := tiny(Train)
	o.EMA = false
	r := measure(t, o)
	if r.EMA {
		t.Error("EMA reported")
	}
	for _, c := range r.Profile.Ops {
		if c.Op == "adam with ema" {
			t.Errorf("%+v", c)
		}
	}
}

func TestSenselessOptionsAreErrorsNamingTheFlag(t *testing.T) {
	for flag, change := range map[string]func(*Options){
		"--model_name":  func(o *Options) { o.Model = "resnet" },
		"--image_size":  func(o *Options) { o.Size = 33 },
		"--num_classes": func(o *Options) { o.Classes = 0 },
		"--batch_size":  func(o *Options) { o.Batch = 0 },
		"--mode":        func(o *Options) { o.Mode = "test" },
		"--seconds":     func(o *Options) { o.Seconds = math.NaN() },
	} {
		o := tiny(Infer)
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&o)
		if err := o.Validate(); err == nil || !strings.HasPrefix(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
		if _, err := Run(t.Context(), nil, o); err == nil {
			t.Errorf("%s: it ran", flag)
		}
	}
}

func TestStopsWhenTheContextEnds(t *testing.T) {
	be, err := graph.NewCPU(1, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, be, tiny(Infer)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestTextHasEveryOperation(t *testing.T) {
	r := measure(t, tiny(Train))
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Profile.Ops {
		if !strings.Contains(b.String(), "\n"+c.Op+" ") {
			t.Errorf("no line for %q in\n%s", c.Op, &b)
		}
	}
	for _, want := range []string{"tresnet_tiny, train, 32 px, batch 2, 7 classes", "img/s", "GFLOP/s", "slowest layers"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
}
