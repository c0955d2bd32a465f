package main

import (
	"context"
	"fmt"

	"csl/internal/count"
	"csl/internal/synth"

	"github.com/spf13/cobra"
)

// newDataCommand holds what makes and looks at data sets.
func newDataCommand(s *streams) *cobra.Command {
	return newGroup("data", "Make, check and convert data sets",
		newDataCheckCommand(s), newDataStatsCommand(s), newDataConvertCommand(s), newDataSimulateCommand(s), newDataCacheCommand(s), newDataSynthCommand(s))
}

// synthOptions is what "csl data synth" was asked to do.
type synthOptions struct {
	*streams
	synth.Options
}

func newDataSynthCommand(s *streams) *cobra.Command {
	o := &synthOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "synth --out DIR",
		Short: "Draw a small data set of photo-like scenes in COCO layout",
		Long: `Draw scenes (beaches, streets, forests, nights) with a long-tailed, co-occurring set of things in
them, and write them with their labels in COCO's layout. The same options give the same files. The
folder appears when it is complete.`,
		Example: "  csl data synth --out scenes --train 2000 --val 500\n  csl train --data scenes --model_name tresnet_s --image_size 64",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runDataSynth(cmd.Context(), o) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&o.Dir, "out", "o", "", "create the folder `DIR`, which must not exist or be empty")
	fs.IntVar(&o.Train, "train", 2000, "draw this many training images")
	fs.IntVar(&o.Val, "val", 500, "draw this many validation images")
	fs.IntVar(&o.Size, "size", 64, "side of an image in pixels, 32 to 1024")
	fs.Uint64Var(&o.Seed, "seed", 1, "draw the scenes of this seed")
	return cmd
}

// Limits of "csl data synth".
const (
	minSynthSize = 32
	maxSynthSize = 1024
	// maxSynthImages is the most images of a split.
	maxSynthImages = 10_000_000
)

func runDataSynth(ctx context.Context, o *synthOptions) error {
	switch {
	case o.Dir == "":
		return usagef("--out is missing: give a folder")
	case o.Train < 1 || o.Train > maxSynthImages:
		return usagef("--train %d: must be 1 to %d", o.Train, maxSynthImages)
	case o.Val < 1 || o.Val > maxSynthImages:
		return usagef("--val %d: must be 1 to %d", o.Val, maxSynthImages)
	case o.Size < minSynthSize || o.Size > maxSynthSize:
		return usagef("--size %d: must be %d to %d", o.Size, minSynthSize, maxSynthSize)
	}
	o.Workers = o.global.threads
	task := o.display.Start("drawing", "img", int64(o.Train+o.Val))
	last := 0
	err := synth.Generate(ctx, o.fs, o.Options, func(done, _ int) {
		task.Add(int64(done - last))
		last = done
	})
	task.Done()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "%s: %d training and %s of %dx%d, %s\n",
		o.Dir, o.Train, count.Of(o.Val, "validation image"), o.Size, o.Size, count.Of(len(synth.Classes()), "class"))
	return err
}
