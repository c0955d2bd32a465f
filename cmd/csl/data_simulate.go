package main

import (
	"context"

	"csl/internal/config"
	"csl/internal/labels"

	"github.com/spf13/cobra"
)

// simulateOptions is what "csl data simulate" was asked to do.
type simulateOptions struct {
	*streams
	labels  labelFlags
	to, out string
}

func newDataSimulateCommand(s *streams) *cobra.Command {
	o := &simulateOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "simulate --annotations FILE --simulate_partial_type TYPE --out FILE",
		Short: "Hide labels of fully annotated data",
		Long: `Hide labels as training does with the same settings (simulate.type, simulate.param,
simulate.seed), and write those that are left: fpc keeps a fixed number per class, rps drops labels at
random, single keeps one present label per image, openimages keeps fewer labels of common classes.`,
		Example: `  csl data simulate --data coco --simulate_partial_type fpc --simulate_partial_param 100 --out partial.csv
  csl data simulate --annotations full.csv --simulate_partial_type rps --simulate_partial_param 0.5 --set simulate.seed=7 --out half.csv
  csl data simulate --annotations full.csv --simulate_partial_type single --out single.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDataSimulate(cmd.Context(), o) },
	}
	o.labels = bindLabels(cmd)
	fs := cmd.Flags()
	config.BindFlags(fs, "simulate.type", "simulate.param")
	fs.StringVar(&o.to, "to", string(labels.CSV), "write this `FORMAT`: "+writableNames())
	fs.StringVarP(&o.out, "out", "o", "", "write to `FILE`")
	return cmd
}

func runDataSimulate(ctx context.Context, o *simulateOptions) error {
	to := labels.Format(o.to)
	if err := checkOutput(o.out, to); err != nil {
		return err
	}
	if !to.HoldsUnknown() {
		return usagef("--to %q: this format cannot store unknown labels", o.to)
	}
	set, _, cfg, err := o.labels.open(ctx, o.streams)
	if err != nil {
		return err
	}
	if err := notRead("--out", o.out, cfg.Data.Train.LabelFiles()...); err != nil {
		return err
	}
	sim := cfg.Simulate
	if sim.Type == config.SimulateNone {
		return usagef("--simulate_partial_type is missing: give fpc, rps, single or openimages")
	}
	if set, err = labels.Simulate(set, sim.Type, sim.Param, sim.Seed); err != nil {
		return err
	}
	return writeLabels(o.streams, set, to, o.out)
}
