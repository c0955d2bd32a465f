package main

import (
	"context"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/validate"

	"github.com/spf13/cobra"
)

// validateOptions is what "csl validate" was asked to do.
type validateOptions struct {
	*streams
	settings   *settings
	model      modelfile.Options
	strict     bool
	size       int
	threshold  *float64
	saveScores string
	csvSafe    bool
	format     string
}

func newValidateCommand(s *streams) *cobra.Command {
	o := &validateOptions{streams: s}
	var threshold float64
	cmd := &cobra.Command{
		Use:   "validate --model_path FILE --data ROOT --annotations FILE",
		Short: "Score a checkpoint on labelled images",
		Long: `Score a checkpoint. All numbers are over annotated cells only, but for map and
prf_unknown_as_negative, which count unknown labels as negatives, as the reference does.`,
		Example: `  csl validate --model_path outputs/best.safetensors --data /data/coco
  csl validate --model_path best.safetensors --data photos.tar --annotations labels.csv --format json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("threshold") {
				o.threshold = &threshold
			}
			return runValidate(cmd.Context(), o)
		},
	}
	o.settings = bindSettings(cmd, "data.workers", "data.skip_broken", "data.max_pixels", "data.max_image_memory", "train.batch")
	fs := cmd.Flags()
	config.BindFlagAs(fs, "data", "data.val.root")
	config.BindFlagAs(fs, "annotations", "data.val.annotations")
	config.BindFlagAs(fs, "data_format", "data.val.format")
	fs.Lookup("data").Usage = "labelled images: folder or tar, or a folder laid out as COCO"
	fs.Lookup("annotations").Usage = "their labels; empty = found in a COCO layout"
	fs.Lookup("data_format").Usage = "format of the labels; auto = by content (auto|" + formatNames("|") + ")"
	bindModel(fs, &o.model, &o.strict)
	fs.IntVar(&o.size, "image_size", 0, "side of the square input in pixels; 0 = the checkpoint's, else 448")
	fs.Float64Var(&threshold, "threshold", modelfile.DefaultThreshold,
		"score above which a class counts as present, for precision, recall and F1; default the checkpoint's, else")
	fs.StringVar(&o.saveScores, "save_scores", "", "write every score to `FILE`: CSV image,label,score,value")
	fs.BoolVar(&o.csvSafe, "csv_safe", false, "in that file put ' before names that a spreadsheet would take for formulas")
	fs.StringVar(&o.format, "format", formatText, "text or json")
	return cmd
}

func runValidate(ctx context.Context, o *validateOptions) error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	if o.model.Path == "" {
		return usagef("--model_path is missing: which checkpoint?")
	}
	if t := o.threshold; t != nil && !(*t >= 0 && *t <= 1) {
		return usagef("--threshold %v: must be a score from 0 to 1", *t)
	}
	if o.size != 0 {
		if err := model.CheckSize(o.size, o.size); err != nil {
			return usagef("--image_size: %w", err)
		}
	}
	cfg, _, err := o.settings.load()
	if err != nil {
		return err
	}
	if cfg.Data.Val.Root == "" && cfg.Data.Train.Root == "" {
		return usagef("--data is missing: which images?")
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	o.model.Lenient, o.model.Height, o.model.Width = !o.strict, o.size, o.size
	r, err := validate.Run(ctx, validate.Options{
		Model: o.model, Data: dataset.FromConfig(cfg.Data, dataset.Val), Batch: cfg.Train.Batch,
		Threshold: o.threshold, ScoresPath: o.saveScores, CSVSafe: o.csvSafe, Backend: be, Display: o.display, FS: o.fs, Garbage: garbageHooks(),
	})
	if err != nil {
		return err
	}
	if err := writeReport(o.out, r, o.format); err != nil {
		return err
	}
	if n := len(r.Skipped); n > 0 {
		return &skippedError{imagesSkipped(n)}
	}
	return nil
}
