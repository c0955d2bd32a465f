package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/dist"
	"csl/internal/graph"
	"csl/internal/metric"
	"csl/internal/rundir"
	"csl/internal/train"

	"github.com/spf13/cobra"
)

// resumeLast is the value of --resume that means the folder that the settings name.
const resumeLast = "last"

// trainOptions is what "csl train" was asked to do.
type trainOptions struct {
	*streams
	settings *settings
	resume   string
	force    bool
	ranks    string // --distributed
	profiled bool
	profile  *train.Profile // nil unless profiled
}

func newTrainCommand(s *streams) *cobra.Command {
	o := &trainOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "train --config FILE",
		Short: "Train a model on partially annotated images",
		Long: `Train a model. The run directory (--out) receives the resolved configuration, the logs, the
saved state and the best weights. Ctrl-C saves the run and prints how to resume it; press it again
to quit now.

--resume DIR continues a run that ended early for any reason, with the settings it was started with;
--resume last takes the directory from --out or the configuration.

Started as several ranks by mpirun or srun, csl-mpi trains one model with all of them: train.batch is the
batch of all ranks together. Rank 0 writes the run directory.`,
		Example: `  csl train --config configs/coco_fpc_1000.yaml --data /data/coco
  csl train --resume outputs`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runTrain(cmd.Context(), o) },
	}
	o.settings = bindSettings(cmd, settingsWithFlags()...)
	cmd.Flags().StringVar(&o.resume, "resume", "", "resume the run in `DIR`, or last for the directory of --out")
	bindDistributed(cmd, &o.ranks)
	cmd.Flags().BoolVar(&o.profiled, "profile", false, "also print what a step spends on the exchange with other ranks")
	cmd.Flags().BoolVar(&o.force, "force_resume", false, "resume even if labels or images have changed since the run was saved")
	return cmd
}

// settingsWithFlags are all settings that have a flag, but for some.
func settingsWithFlags(but ...string) []string {
	return slices.DeleteFunc(config.KeysWithFlags(), func(name string) bool { return slices.Contains(but, name) })
}

func runTrain(ctx context.Context, o *trainOptions) error {
	group, err := o.join(o.ranks)
	if err != nil {
		return err
	}
	cfg, err := o.settings.loadRun(o.resume)
	if err != nil {
		return err
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	facts := []any{"model", cfg.Model.Name, "mode", cfg.Loss.Mode, "on", be.Name(), "out", cfg.Train.Out}
	if group.Size() > 1 {
		facts = append(facts, "ranks", group.Size())
	}
	o.log().Info("training", facts...)
	if o.profiled {
		o.profile = &train.Profile{}
	}
	r, err := o.train(ctx, cfg, be, group)
	if err != nil {
		return howToGoOn(err, again(group)+" train --resume "+shellWord(cfg.Train.Out))
	}
	if group.Rank() == 0 {
		if err := o.printResult(r); err != nil {
			return err
		}
		if err := reportRun(ctx, o.streams, be, r.Dir); err != nil {
			return fmt.Errorf("the run is complete, but writing its %s failed: %w", rundir.Report, err)
		}
	}
	if r.Skipped > 0 {
		return &skippedError{fmt.Errorf("%w; %s names them", imagesSkipped(r.Skipped), filepath.Join(r.Dir, rundir.Skipped))}
	}
	return nil
}

// train trains with all ranks. They leave together, unless one of them failed alone.
func (o *trainOptions) train(ctx context.Context, cfg *config.Config, be graph.Host, group dist.Group) (r train.Result, err error) {
	program := ""
	if group.Size() > 1 {
		if program, err = programDigest(); err != nil {
			return r, err
		}
	}
	r, err = train.Run(ctx, train.Options{
		Config: cfg, Backend: be, Display: o.display, FS: o.fs, Garbage: garbageHooks(), Resume: o.resume != "", ForceResume: o.force,
		Version: version(), Group: group, Program: program, Profile: o.profile,
	})
	if err == nil || train.OnAllRanks(err) {
		err = errors.Join(err, o.leave())
	}
	return r, err
}

// again is how csl is called again by as many ranks.
func again(group dist.Group) string {
	if group.Size() > 1 {
		return "the same launcher and csl-mpi"
	}
	return "csl"
}

// howToGoOn adds to the end of a run that was interrupted the command that continues it.
func howToGoOn(err error, command string) error {
	var stopped *train.Interrupted
	if !errors.As(err, &stopped) {
		return err
	}
	return &stoppedError{fmt.Errorf("interrupted after step %d, which is saved; resume with: %s: %w", stopped.Step, command, context.Canceled)}
}

// stoppedError ends a command that was asked to stop, this process or another rank of its job.
type stoppedError struct{ error }

func (e *stoppedError) Unwrap() error { return e.error }

// shellWord quotes a path that a shell would take apart.
func shellWord(path string) string {
	if strings.ContainsAny(path, " \t'\"$&;|<>()*?`\\#~") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// loadRun resolves the settings of a run, or of one that is to be resumed: that brings its own, and
// those given besides must agree with them.
func (s *settings) loadRun(resume string) (*config.Config, error) {
	if resume == "" {
		cfg, origins, err := s.load()
		if err != nil {
			return nil, err
		}
		return cfg, adoptArchitecture(cfg, origins)
	}
	dir := resume
	if resume == resumeLast {
		cfg, _, err := s.load()
		if err != nil {
			return nil, err
		}
		dir = cfg.Train.Out
	}
	if s.file == "" {
		s.file = filepath.Join(dir, rundir.Config)
		if _, err := os.Stat(s.file); errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("resume: %w", err)
		} else if err != nil {
			return nil, fmt.Errorf("resume %q: not a run directory: it has no %s", dir, rundir.Config)
		}
	}
	cfg, _, err := s.load()
	if err != nil {
		return nil, err
	}
	cfg.Train.Out = dir
	return cfg, nil
}

// printResult prints what came out, one fact per line.
func (o *trainOptions) printResult(r train.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "steps    %d (%s)\n", r.Steps, count.Of(r.Epochs, "epoch"))
	if r.Stopped != "" {
		fmt.Fprintf(&b, "stopped  %s\n", r.Stopped)
	}
	if r.Best != nil {
		fmt.Fprintf(&b, "best     %s %.2f (%s weights)\n", rundir.MetricName(r.Monitor), *r.Best, r.Source)
	} else {
		fmt.Fprintf(&b, "best     not scored (%s weights)\n", r.Source)
	}
	if r.Tested != nil {
		fmt.Fprintf(&b, "test     mAP(C) %s, mAP(O) %s on %s\n",
			metric.Percent(r.Tested.MAPPartial), metric.Percent(r.Tested.MAPO), count.Of(r.Tested.Images, "image"))
	}
	fmt.Fprintf(&b, "weights  %s\n", filepath.Join(r.Dir, rundir.Best))
	if _, err := o.out.Write([]byte(b.String())); err != nil || o.profile == nil {
		return err
	}
	return o.profile.WriteText(o.out)
}
