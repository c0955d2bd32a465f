package main

import (
	"context"
	"fmt"

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
	scores     string
	extras     validate.Extras
	format     string
}

func newValidateCommand(s *streams) *cobra.Command {
	o := &validateOptions{streams: s}
	var threshold float64
	cmd := &cobra.Command{
		Use:   "validate --model_path FILE --data ROOT --annotations FILE",
		Short: "Score a checkpoint on labelled images",
		Long: `Score a checkpoint. All metrics use annotated labels only, except map and prf_unknown_as_negative,
which count unknown labels as negatives, as the reference does.

With --scores, score predictions that are already in a file, of any program, against --annotations;
neither a checkpoint nor images are needed.

The reference's names --thre and --input_size mean --threshold and --image_size.`,
		Example: `  csl validate --model_path outputs/best.safetensors --data /data/coco
  csl validate --model_path best.safetensors --data photos.tar --annotations labels.csv --format json
  csl validate --scores scores.npy --annotations labels.csv --bootstrap 1000`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("threshold") {
				o.threshold = &threshold
			}
			return runValidate(cmd.Context(), o)
		},
	}
	o.settings = bindSettings(cmd, "data.workers", "data.skip_broken", "data.max_pixels", "data.max_image_memory", "data.max_errors", "train.batch")
	fs := cmd.Flags()
	bindLabelled(fs)
	bindModel(fs, &o.model, &o.strict)
	fs.IntVar(&o.size, "image_size", 0, fmt.Sprintf("side of the square input in pixels; 0 = the checkpoint's, else %d", model.DefaultSize))
	fs.Float64Var(&threshold, "threshold", modelfile.DefaultThreshold,
		"score above which a class counts as present, for precision, recall and F1; default the checkpoint's, else")
	fs.StringVar(&o.saveScores, "save_scores", "", "write every score to `FILE`: CSV image,label,score,value")
	fs.BoolVar(&o.csvSafe, "csv_safe", false, "with --save_scores: put ' before names that a spreadsheet would take for formulas")
	fs.StringVar(&o.scores, "scores", "", "score predictions in `FILE` instead of a checkpoint: CSV image,label,score or .npy (images by classes)")
	fs.IntVar(&o.extras.Bootstrap, "bootstrap", 0, "compute 95% intervals from `N` draws of the images; 0 = none")
	fs.Uint64Var(&o.extras.Seed, "bootstrap_seed", 1, "draw by this seed")
	fs.StringVar(&o.extras.CurvesPath, "pr_curves", "", "write precision-recall curves of the classes to `FILE`: CSV")
	fs.StringVar(&o.format, "format", formatText, "print metrics as text or json")
	return cmd
}

func runValidate(ctx context.Context, o *validateOptions) error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	switch {
	case o.model.Path == "" && o.scores == "":
		return usagef("--model_path is missing: give a checkpoint or a run directory")
	case o.model.Path != "" && o.scores != "":
		return usagef("--model_path and --scores: give one of them")
	case o.saveScores != "" && o.scores != "":
		return usagef("--save_scores and --scores: give one of them")
	case o.extras.Bootstrap < 0:
		return usagef("--bootstrap %d: must be at least 0", o.extras.Bootstrap)
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
	for _, out := range []struct{ flag, path string }{{"--save_scores", o.saveScores}, {"--pr_curves", o.extras.CurvesPath}} {
		if err := notRead(out.flag, out.path, append(cfg.Data.LabelFiles(), o.model.Path, o.scores)...); err != nil {
			return err
		}
	}
	o.extras.CSVSafe, o.extras.FS = o.csvSafe, o.fs
	if o.scores != "" {
		return o.judge(ctx, cfg)
	}
	if cfg.Data.Val.Root == "" && cfg.Data.Train.Root == "" {
		return usagef("--data is missing: give a folder or tar of images")
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	o.model.Lenient, o.model.Height, o.model.Width = !o.strict, o.size, o.size
	r, err := validate.Run(ctx, validate.Options{
		Model: o.model, Data: dataset.FromConfig(cfg.Data, dataset.Val), Batch: cfg.Train.Batch,
		Threshold: o.threshold, ScoresPath: o.saveScores, CSVSafe: o.csvSafe, Backend: be, Display: o.display, FS: o.fs, Garbage: garbageHooks(), Extras: o.extras,
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

// judge scores predictions that are in a file.
func (o *validateOptions) judge(ctx context.Context, cfg *config.Config) error {
	stored, err := storedOptions(o.streams, cfg, o.scores)
	if err != nil {
		return err
	}
	stored.Threshold, stored.Extras = o.threshold, o.extras
	r, err := validate.RunStored(ctx, stored)
	if err != nil {
		return err
	}
	return writeReport(o.out, r, o.format)
}

// storedOptions are those of predictions in a file that the validation labels of a configuration judge.
func storedOptions(s *streams, cfg *config.Config, path string) (validate.StoredOptions, error) {
	if cfg.Data.Val.Annotations == "" {
		return validate.StoredOptions{}, usagef("--annotations is missing: give a file of labels")
	}
	l, err := dataset.FromConfig(cfg.Data, dataset.Val).Labels(cfg.Data.Val.Annotations)
	return validate.StoredOptions{Scores: path, Labels: l, Workers: s.global.threads, Display: s.display}, err
}
