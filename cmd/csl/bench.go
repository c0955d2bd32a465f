package main

import (
	"context"
	"encoding/json"

	"csl/internal/bench"

	"github.com/spf13/cobra"
)

// benchOptions is what "csl bench" was asked to do.
type benchOptions struct {
	*streams
	what   bench.Options
	noEMA  bool
	format string
}

func newBenchCommand(s *streams) *cobra.Command {
	o := &benchOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the speed of a model on this machine",
		Long: `Measure inference, or training steps (forward, selective loss, backward, Adam, average of the
weights), on random weights and random images. FLOPs are those of the plain algorithms; kernels
that need fewer may exceed the machine's peak. Use an otherwise idle machine.`,
		Example: `  csl bench --model_name tresnet_m --image_size 224 --batch_size 8
  csl bench --mode train --batch_size 16 --profile --threads 2`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBench(cmd.Context(), o) },
	}
	fs := cmd.Flags()
	fs.StringVar(&o.what.Model, "model_name", "tresnet_m", "architecture")
	fs.IntVar(&o.what.Size, "image_size", 224, "side of the square input in pixels (reference: --input_size)")
	fs.IntVar(&o.what.Classes, "num_classes", 80, "number of classes")
	fs.IntVar(&o.what.Batch, "batch_size", 8, "images per step")
	fs.StringVar(&o.what.Mode, "mode", bench.Infer, "measure infer (classification) or train (training steps)")
	fs.Float64Var(&o.what.Seconds, "seconds", 5, "repeat the timed runs for this many seconds")
	fs.BoolVar(&o.noEMA, "no_ema", false, "train without the moving average of the weights")
	fs.BoolVar(&o.what.Profile, "profile", false, "also print the time per kind of operation and the slowest layers")
	fs.StringVar(&o.format, "format", formatText, "print results as text or json")
	return cmd
}

func runBench(ctx context.Context, o *benchOptions) error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	o.what.EMA, o.what.Garbage = !o.noEMA, garbageHooks()
	if err := o.what.Validate(); err != nil {
		return usagef("%w", err)
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	o.log().Info("measuring", "model", o.what.Model, "mode", o.what.Mode, "on", be.Name())
	r, err := bench.Run(ctx, be, o.what)
	if err != nil {
		return err
	}
	if o.format == formatJSON {
		return json.NewEncoder(o.out).Encode(r)
	}
	return r.WriteText(o.out)
}
