package main

import (
	"context"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/labels"

	"github.com/spf13/cobra"
)

// simulateOptions is what "csl data simulate" was asked to do.
type simulateOptions struct {
	*streams
	labels  labelFlags
	to, out string
	wrong   float64
}

func newDataSimulateCommand(s *streams) *cobra.Command {
	o := &simulateOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "simulate --annotations FILE --simulate_partial_type TYPE --out FILE",
		Short: "Hide labels of fully annotated data",
		Long: `Hide labels as training does with the same settings (simulate.type, simulate.param,
simulate.seed), and write those that are left: fpc keeps a fixed number per class, rps drops labels at
random, single keeps one present label per image, openimages keeps fewer labels of common classes.

--wrong_labels then turns a share of the labels that are left into their opposite, chosen by
simulate.seed, to try out what finds wrong labels (csl audit); it needs no type.`,
		Example: `  csl data simulate --data coco --simulate_partial_type fpc --simulate_partial_param 100 --out partial.csv
  csl data simulate --annotations full.csv --simulate_partial_type rps --simulate_partial_param 0.5 --set simulate.seed=7 --out half.csv
  csl data simulate --annotations full.csv --simulate_partial_type single --out single.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDataSimulate(cmd.Context(), o) },
	}
	o.labels = bindLabels(cmd)
	fs := cmd.Flags()
	config.BindFlags(fs, "simulate.type", "simulate.param")
	fs.Float64Var(&o.wrong, "wrong_labels", 0, "turn this `SHARE` of the known labels into their opposite; 0 = none")
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
	if !(o.wrong >= 0 && o.wrong < 1) {
		return usagef("--wrong_labels %v: must be at least 0 and below 1", o.wrong)
	}
	set, _, cfg, err := o.labels.open(ctx, o.streams)
	if err != nil {
		return err
	}
	if err := spare("--out", o.out, cfg.Data.Train.LabelFiles()...); err != nil {
		return err
	}
	sim := cfg.Simulate
	if sim.Type == config.SimulateNone && o.wrong == 0 {
		return usagef("--simulate_partial_type is missing: give fpc, rps, single or openimages")
	}
	if sim.Type != config.SimulateNone {
		if set, err = labels.Simulate(set, sim.Type, sim.Param, sim.Seed); err != nil {
			return err
		}
	}
	if o.wrong > 0 {
		var planted int64
		if set, planted, err = labels.PlantWrong(set, o.wrong, sim.Seed); err != nil {
			return err
		}
		o.log().Info("wrong labels planted: " + count.Of(planted, "cell"))
	}
	return writeLabels(o.streams, set, to, o.out)
}
