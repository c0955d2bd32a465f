package main

import (
	"context"
	"fmt"

	"csl/internal/config"
	"csl/internal/corpus"
	"csl/internal/estimate"
	"csl/internal/graph"

	"github.com/spf13/cobra"
)

// topShown is how many classes of a prior are printed.
const topShown = 10

// priorOptions is what "csl estimate-prior" was asked to do.
type priorOptions struct {
	*streams
	settings    *settings
	modelPath   string
	out         string
	compareWith string
	resume      bool
}

func newEstimatePriorCommand(s *streams) *cobra.Command {
	o := &priorOptions{streams: s}
	cmd := &cobra.Command{
		Use:     "estimate-prior (--config FILE | --model_path FILE) --out prior.csv",
		Aliases: []string{"estimate_prior"},
		Short:   "Estimate how often each class occurs",
		Long: `Estimate the class prior: train a temporary model on the annotated labels alone (mode ignore; its
run goes to train.out), or take a checkpoint, and average its scores over the training pictures.`,
		Example: `  csl estimate-prior --config configs/coco_fpc_1000.yaml --data /data/coco --out prior.csv
  csl estimate-prior --model_path best.safetensors --data photos --annotations labels.csv --out prior.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runEstimatePrior(cmd.Context(), o) },
	}
	o.settings = bindSettings(cmd, "data.train.root", "data.train.annotations", "data.train.format", "data.workers",
		"data.skip_bad", "data.max_pixels", "train.batch", "train.seed", "schedule.epochs", "optimizer.lr", "simulate.type", "simulate.param")
	fs := cmd.Flags()
	config.BindFlagAs(fs, "path_dest", "train.out")
	fs.StringVar(&o.modelPath, "model_path", "", "checkpoint `FILE` to use instead of training one")
	fs.StringVar(&o.out, "out", "prior.csv", "prior `FILE` to write: Classes,avg_pred")
	fs.StringVar(&o.compareWith, "compare_with", "", "full annotations `FILE` to compare with")
	fs.BoolVar(&o.resume, "resume", false, "go on with the temporary model's training")
	return cmd
}

func runEstimatePrior(ctx context.Context, o *priorOptions) error {
	cfg, _, err := o.settings.load()
	if err != nil {
		return err
	}
	if err := cfg.Require("data.train.root"); err != nil {
		return err
	}
	be, err := graph.NewCPU(o.global.threads)
	if err != nil {
		return err
	}
	defer be.Close()
	r, err := estimate.Run(ctx, estimate.Options{
		Config: cfg, ModelPath: o.modelPath, Resume: o.resume, Data: corpus.FromConfig(cfg.Data, corpus.Train),
		CompareWith: o.compareWith, Out: o.out, Backend: be, Display: o.display, FS: o.fs, Version: version(),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(o.streams.out, "prior of %d classes in %s, from the %s\n\n", len(r.Prior.Classes), o.out, r.Weights)
	if err := r.Prior.WriteSummary(o.streams.out, topShown, r.Comparison); err != nil {
		return err
	}
	if r.Skipped > 0 {
		return &skippedError{fmt.Errorf("%d pictures were left out", r.Skipped)}
	}
	return nil
}
