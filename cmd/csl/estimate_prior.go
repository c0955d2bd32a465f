package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/dist"
	"csl/internal/estimate"
	"csl/internal/graph"
	"csl/internal/modelfile"
	"csl/internal/rundir"
	"csl/internal/train"

	"github.com/spf13/cobra"
)

// topShown is how many classes of a prior are printed.
const topShown = 10

// temporaryRun is the folder of the temporary model's run within that of the run that the
// configuration is for, so that both can have the same configuration.
const temporaryRun = "prior"

// priorOptions is what "csl estimate-prior" was asked to do.
type priorOptions struct {
	*streams
	settings    *settings
	model       modelfile.Options
	strict      bool
	out         string
	compareWith string
	runDir      string
	resume      bool
	ranks       string // --distributed
}

func newEstimatePriorCommand(s *streams) *cobra.Command {
	o := &priorOptions{streams: s}
	cmd := &cobra.Command{
		Use:     "estimate-prior (--config FILE | --model_path FILE) --out prior.csv",
		Aliases: []string{"estimate_prior"},
		Short:   "Estimate how often each class occurs",
		Long: `Estimate the class prior: train a temporary model on the annotated labels alone (loss.mode ignore,
whatever the configuration says), or take a checkpoint, and score the training images. With
prior.method shift, the default, scores on unknown labels are corrected for label shift, measured on
the validation images if there are any; with mean they are averaged. With loss.scores nothing is trained:
the scores in that file take the model's place, measured on the annotated labels. With --compare_with, or where
labels are hidden by simulate.type, compare the estimate with the full annotations, beside the count
of annotated positives. Started as several ranks by mpirun or srun, csl-mpi shares all of it.`,
		Example: `  csl estimate-prior --config configs/coco_fpc_1000.yaml --data /data/coco --out prior.csv
  csl estimate-prior --model_path best.safetensors --data photos --annotations labels.csv --out prior.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runEstimatePrior(cmd.Context(), o) },
	}
	// --out and --model_path mean something else here than for a run; unknown labels have no say.
	o.settings = bindSettings(cmd, settingsWithFlags("train.out", "model.path", "model.weights", "model.strict",
		"loss.mode", "loss.topk", "loss.gamma_unann", "loss.alpha_unann", "prior.threshold", "prior.top_n", "prior.quantile", "prior.hidden")...)
	fs := cmd.Flags()
	bindModel(fs, &o.model, &o.strict)
	fs.Lookup("model_path").Usage = "use the checkpoint `FILE`, or run directory, instead of training a model"
	fs.StringVar(&o.out, "out", "prior.csv", "write the prior to `FILE`: CSV Classes,avg_pred, with shift also low,high,mean_score,annotated")
	fs.StringVar(&o.compareWith, "compare_with", "", "compare the prior with the full annotations in `FILE`")
	fs.StringVar(&o.runDir, "run_dir", "", "run directory `DIR` of the temporary model; default "+temporaryRun+" in that of train.out")
	bindDistributed(cmd, &o.ranks)
	fs.BoolVar(&o.resume, "resume", false, "resume the training of the temporary model")
	return cmd
}

func runEstimatePrior(ctx context.Context, o *priorOptions) error {
	if o.model.Path != "" && (o.resume || o.runDir != "") {
		return usagef("--resume and --run_dir: nothing is trained with --model_path")
	}
	group, err := o.join(o.ranks)
	if err != nil {
		return err
	}
	cfg, origins, err := o.settings.load()
	if err != nil {
		return err
	}
	if o.model.Path == "" {
		if err := adoptArchitecture(cfg, origins); err != nil {
			return err
		}
	}
	if err := cfg.Require("data.train.root"); err != nil {
		return err
	}
	if err := notRead("--out", o.out, append(cfg.Data.LabelFiles(), o.compareWith, o.model.Path, cfg.Loss.Scores)...); err != nil {
		return err
	}
	if filepath.Base(o.out) != rundir.Prior { // a run's prior may be estimated anew
		if err := notOfARun("--out", o.out); err != nil {
			return err
		}
	}
	if cfg.Train.Out = filepath.Join(cfg.Train.Out, temporaryRun); o.runDir != "" {
		cfg.Train.Out = o.runDir
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	o.model.Lenient = !o.strict
	r, err := o.estimate(ctx, cfg, be, group)
	if err != nil {
		return o.interrupted(err, cfg.Train.Out)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "wrote %s, from %s\n\n", o.out, r.Weights)
	if err := r.Prior.WriteSummary(&b, topShown, r.Comparison, r.Estimate); err != nil {
		return err
	}
	if _, err := o.streams.out.Write([]byte(b.String())); err != nil {
		return err
	}
	if r.Skipped > 0 {
		return &skippedError{imagesSkipped(r.Skipped)}
	}
	return nil
}

// estimate estimates with all ranks, which leave together, unless one of them failed alone.
func (o *priorOptions) estimate(ctx context.Context, cfg *config.Config, be graph.Host, group dist.Group) (r estimate.Result, err error) {
	program := ""
	if group.Size() > 1 {
		if program, err = programDigest(); err != nil {
			return r, err
		}
	}
	r, err = estimate.Run(ctx, estimate.Options{
		Config: cfg, Model: o.model, Resume: o.resume, Data: dataset.FromConfig(cfg.Data, dataset.Train),
		CompareWith: o.compareWith, Out: o.out, Backend: be, Display: o.display, FS: o.fs, Garbage: garbageHooks(), Version: version(),
		Group: group, Program: program,
	})
	if err == nil || train.OnAllRanks(err) {
		err = errors.Join(err, o.leave())
	}
	return r, err
}

// interrupted adds to the end by Ctrl-C how to go on; run is the folder of the temporary model's run.
func (o *priorOptions) interrupted(err error, run string) error {
	const command = "the same command with --resume"
	if errors.As(err, new(*train.Interrupted)) || !errors.Is(err, context.Canceled) {
		return howToGoOn(err, command)
	}
	if _, serr := os.Stat(filepath.Join(run, rundir.Best)); o.model.Path == "" && serr == nil {
		return fmt.Errorf("interrupted; the temporary model is trained and kept; resume with: %s: %w", command, context.Canceled)
	}
	return context.Canceled
}
