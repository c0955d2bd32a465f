// Package bench measures how fast the nets of package model run on this machine, on random weights
// and random images: inference as csl infer runs it, and training steps as csl train takes them.
// It knows nothing of files, data sets or terminals, and does not measure single kernels, which have Go
// benchmarks.
package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/kernel"
	"csl/internal/model"
)

// The values of Options.Mode.
const (
	Infer = "infer" // norms folded, epilogues fused
	Train = "train" // forward, selective loss, backward, Adam, average of the weights
)

// Options says what to measure.
type Options struct {
	Model   string        // a name that model.Lookup knows
	Size    int           // side of the images in pixels
	Classes int           // outputs of the network
	Batch   int           // images per step
	Mode    string        // Infer or Train
	Seconds float64       // how long to repeat the timed runs; at least minRuns are made
	EMA     bool          // a training step also moves an average of the weights
	Profile bool          // also measure each operation, after the timed runs
	Garbage garbage.Hooks // controls the garbage collector
}

// Validate names the first field, by its flag, that has no meaning.
func (o Options) Validate() error {
	if _, err := model.Lookup(o.Model); err != nil {
		return fmt.Errorf("--model_name: %w", err)
	}
	if err := model.CheckSize(o.Size, o.Size); err != nil {
		return fmt.Errorf("--image_size: %w", err)
	}
	switch {
	case o.Classes < 1:
		return fmt.Errorf("--num_classes %d: must be at least 1", o.Classes)
	case o.Batch < 1:
		return fmt.Errorf("--batch_size %d: must be at least 1", o.Batch)
	case o.Mode != Infer && o.Mode != Train:
		return fmt.Errorf("--mode %q: must be %s or %s", o.Mode, Infer, Train)
	case !(o.Seconds >= 0) || math.IsInf(o.Seconds, 1):
		return fmt.Errorf("--seconds %v: must be at least 0", o.Seconds)
	}
	return nil
}

// Result is what was measured: the JSON object of csl bench. FLOPs are those of the plain
// algorithms, so that kernels which need fewer (Winograd) count for more, and PeakFraction may then
// exceed 1.
type Result struct {
	Model   string `json:"model"`   // name of the architecture
	Mode    string `json:"mode"`    // infer or train
	Size    int    `json:"size"`    // side of the square input in pixels
	Batch   int    `json:"batch"`   // images per step
	Classes int    `json:"classes"` // outputs of the network
	EMA     bool   `json:"ema"`     // whether training steps update the average of the weights
	Threads int    `json:"threads"` // CPU threads used
	Kernels string `json:"kernels"` // name of the set of kernels

	ImagesPerSecond       float64  `json:"images_per_second"`        // of the best run
	ImagesPerSecondMedian float64  `json:"images_per_second_median"` // of the median run
	GFLOPS                float64  `json:"gflops"`                   // of the best run
	PeakGFLOPS            *float64 `json:"peak_gflops"`              // of multiply-adds in registers, all threads; null if unknown
	PeakFraction          *float64 `json:"peak_fraction"`            // GFLOPS / PeakGFLOPS
	Runs                  int      `json:"runs"`                     // timed runs
	StepsPerRun           int      `json:"steps_per_run"`            // steps of each timed run
	AllocsPerStep         float64  `json:"allocs_per_step"`          // of the Go heap, in the timed runs

	ArenaBytes int64  `json:"arena_bytes"` // values of the graph
	WorkBytes  int64  `json:"work_bytes"`  // scratch of the kernels
	RSSBytes   *int64 `json:"rss_bytes"`   // peak resident size of the process; null if unknown

	Profile *Profile `json:"profile,omitempty"` // where the time goes, if it was asked for
}

const (
	minRuns   = 3
	warmSteps = 2
	// warmShare of Options.Seconds goes into warming up.
	warmShare = 0.1
	// runTime is how long a timed run lasts at least, so that a moment's luck does not decide.
	runTime = 100 * time.Millisecond
)

// Run measures. It stops between two steps when ctx ends.
func Run(ctx context.Context, be graph.Host, o Options) (*Result, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if err := fits(o); err != nil {
		return nil, err
	}
	s, err := newSubject(be, o)
	if err != nil {
		return nil, err
	}
	r := &Result{
		Model: o.Model, Mode: o.Mode, Size: o.Size, Batch: o.Batch, Classes: o.Classes,
		EMA: o.EMA && o.Mode == Train, Threads: be.Threads(), Kernels: be.Kernels().Name(),
	}
	if err := r.time(ctx, be.Kernels(), s, o); err != nil {
		return nil, err
	}
	r.ArenaBytes, r.WorkBytes = s.machine.ArenaBytes(), s.machine.WorkBytes()
	if rss, ok := peakRSS(); ok {
		r.RSSBytes = &rss
	}
	if o.Profile {
		r.Profile, err = profile(ctx, s, share(o, profileShare))
	}
	return r, err
}

// setPeak stores the ceiling in FLOP/s.
func (r *Result) setPeak(flops float64) {
	if flops == 0 {
		return
	}
	peak := flops / 1e9
	fraction := r.GFLOPS / peak
	r.PeakGFLOPS, r.PeakFraction = &peak, &fraction
}

// time warms up and makes the timed runs, and tries the machine's ceiling between them.
func (r *Result) time(ctx context.Context, set kernel.Set[float32], s *subject, o Options) error {
	one, err := warmUp(ctx, s, share(o, warmShare))
	if err != nil {
		return err
	}
	r.StepsPerRun = max(1, int(math.Ceil(runTime.Seconds()/one.Seconds())))
	ceiling := kernel.NewCeiling(set, r.Threads)
	var mem runtime.MemStats
	mallocs := func() uint64 {
		runtime.ReadMemStats(&mem)
		return mem.Mallocs
	}
	allocs := uint64(0)
	var times []time.Duration
	for start := time.Now(); len(times) < minRuns || time.Since(start).Seconds() < o.Seconds; {
		ceiling.Try()
		before := mallocs()
		begin := time.Now()
		for range r.StepsPerRun {
			if err := s.step(ctx); err != nil {
				return err
			}
		}
		times = append(times, time.Since(begin))
		allocs += mallocs() - before
	}
	r.Runs = len(times)
	r.AllocsPerStep = float64(allocs) / float64(r.Runs*r.StepsPerRun)
	slices.Sort(times)
	rate := func(d time.Duration) float64 { return float64(r.StepsPerRun) / d.Seconds() }
	median := times[len(times)/2]
	r.ImagesPerSecond = rate(times[0]) * float64(o.Batch)
	r.ImagesPerSecondMedian = rate(median) * float64(o.Batch)
	r.GFLOPS = rate(times[0]) * float64(s.machine.Plan().FLOPs()) / 1e9
	r.setPeak(ceiling.FLOPs())
	return nil
}

// share is a part of the time that the timed runs take.
func share(o Options, part float64) time.Duration {
	return time.Duration(part * o.Seconds * float64(time.Second))
}

// warmUp takes steps for at least that long and returns the time of the fastest.
func warmUp(ctx context.Context, s *subject, atLeast time.Duration) (time.Duration, error) {
	fastest := time.Duration(math.MaxInt64)
	for start, n := time.Now(), 0; n < warmSteps || time.Since(start) < atLeast; n++ {
		begin := time.Now()
		if err := s.step(ctx); err != nil {
			return 0, err
		}
		fastest = min(fastest, max(time.Since(begin), 1))
	}
	return fastest, nil
}
