package main

import (
	"context"
	"fmt"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/train"

	"github.com/spf13/cobra"
)

// dataCacheOptions is what "csl data cache" was asked to do.
type dataCacheOptions struct {
	*streams
	settings *settings
}

func newDataCacheCommand(s *streams) *cobra.Command {
	o := &dataCacheOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "cache --data ROOT --out DIR",
		Short: "Resize the images of a training ahead of time",
		Long: `Decode and resize the images that a training with the same settings reads, and keep them in a file for
each split in the folder that data.cache names in that training. Files that are up to date are kept.`,
		Example: `  csl data cache --data coco --image_size 224 --out cache
  csl train --data coco --image_size 224 --set data.cache=cache
  csl data cache --config configs/coco_fpc_1000.yaml --out cache`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDataCache(cmd.Context(), o) },
	}
	o.settings = bindSettings(cmd, "data.train.root", "data.train.annotations", "data.train.format",
		"data.val.annotations", "data.val.split", "data.encoding", "data.max_errors", "data.size", "data.workers", "data.max_pixels", "data.skip_broken")
	fs := cmd.Flags()
	config.BindFlagAs(fs, "out", "data.cache")
	fs.Lookup("out").Usage = "folder of the cache (data.cache)"
	return cmd
}

func runDataCache(ctx context.Context, o *dataCacheOptions) error {
	cfg, _, err := o.settings.load()
	if err != nil {
		return err
	}
	if cfg.Data.Cache == "" {
		return usagef("--out is missing: give a folder")
	}
	files, err := train.MakeCaches(ctx, train.Options{Config: cfg, FS: o.fs, Display: o.display})
	if err != nil {
		return err
	}
	for _, f := range files {
		what := "up to date"
		if f.Made {
			what = "made"
		}
		if _, err := fmt.Fprintf(o.out, "%s: %s, %s of %dx%d, %s\n",
			f.Path, f.Split, count.Of(f.Images, "image"), cfg.Data.Size, cfg.Data.Size, what); err != nil {
			return err
		}
	}
	return nil
}
