package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/metric"
	"csl/internal/modelfile"
	"csl/internal/printable"
	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/validate"

	"github.com/spf13/cobra"
)

// thresholdsOptions is what "csl thresholds" was asked to do.
type thresholdsOptions struct {
	*streams
	settings *settings
	model    modelfile.Options
	strict   bool
	scores   string
	goal     metric.Goal
	out      string
	write    bool
	format   string
}

func newThresholdsCommand(s *streams) *cobra.Command {
	o := &thresholdsOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "thresholds (--model_path FILE --data ROOT | --scores FILE) --annotations FILE",
		Short: "Choose a threshold for each class",
		Long: `Choose a threshold for each class from annotated validation cells: the one with the largest F1, or
the one that reaches a precision or a recall. The threshold of a class with few annotated cells
is drawn towards the overall one: with n, the smaller of its positives and negatives, it is
(n * own + shrink * overall) / (n + shrink).

--out writes them as CSV class,threshold, which csl export --thresholds reads; --write stores
them in the checkpoint, where csl infer and csl validate find them.`,
		Example: `  csl thresholds --model_path run/best.safetensors --data photos --annotations val.csv --write
  csl thresholds --scores scores.csv --annotations val.csv --precision 0.9 --out thresholds.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runThresholds(cmd.Context(), o) },
	}
	o.settings = bindSettings(cmd, "data.workers", "data.skip_broken", "data.max_pixels", "data.max_image_memory", "data.encoding", "data.max_errors", "train.batch")
	fs := cmd.Flags()
	bindLabelled(fs)
	bindModel(fs, &o.model, &o.strict)
	fs.StringVar(&o.scores, "scores", "", "use predictions in `FILE` instead of a checkpoint's: CSV image,label,score or .npy")
	fs.Float64Var(&o.goal.Precision, "precision", 0, "reach this precision with the largest recall; 0 = largest F1")
	fs.Float64Var(&o.goal.Recall, "recall", 0, "reach this recall with the largest precision; 0 = largest F1")
	fs.Float64Var(&o.goal.Shrink, "shrink", 10, "weight of the overall threshold, in annotated cells of a class; 0 = each class's own threshold")
	fs.StringVar(&o.out, "out", "", "write the thresholds to `FILE`: CSV class,threshold")
	fs.BoolVar(&o.write, "write", false, "store the thresholds in the checkpoint (csl's own safetensors)")
	fs.StringVar(&o.format, "format", formatText, "print thresholds as text or json")
	return cmd
}

// check refuses wrong flags.
func (o *thresholdsOptions) check() error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	share := func(v float64) bool { return v >= 0 && v <= 1 }
	switch {
	case o.model.Path == "" && o.scores == "":
		return usagef("--model_path is missing: give a checkpoint, or --scores FILE")
	case o.model.Path != "" && o.scores != "":
		return usagef("--model_path and --scores: give one of them")
	case o.write && o.scores != "":
		return usagef("--write: needs --model_path, a checkpoint to write to")
	case o.write && !o.strict:
		return usagef("--write: cannot be combined with --strict=false, which would drop the tensors that are skipped")
	case !share(o.goal.Precision) || !share(o.goal.Recall):
		return usagef("--precision %v, --recall %v: must be from 0 to 1", o.goal.Precision, o.goal.Recall)
	case o.goal.Precision > 0 && o.goal.Recall > 0:
		return usagef("--precision and --recall: give one of them")
	case !(o.goal.Shrink >= 0):
		return usagef("--shrink %v: must be at least 0", o.goal.Shrink)
	}
	return nil
}

func runThresholds(ctx context.Context, o *thresholdsOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	cfg, _, err := o.settings.load()
	if err != nil {
		return err
	}
	if err := spare("--out", o.out, append(cfg.Data.LabelFiles(), o.scores, o.model.Path)...); err != nil {
		return err
	}
	if o.out != "" {
		if err := safefile.CheckWritable(o.fs, o.out); err != nil {
			return err
		}
	}
	if o.write {
		if err := o.storable(); err != nil {
			return err
		}
	}
	list, overall, err := o.choose(ctx, cfg)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := safefile.Write(o.fs, o.out, func(w io.Writer) error { return writeThresholds(w, list) }); err != nil {
			return err
		}
	}
	if o.write {
		if err := o.store(ctx, list); err != nil {
			return err
		}
	}
	return o.print(list, overall)
}

// choose collects scores and chooses.
func (o *thresholdsOptions) choose(ctx context.Context, cfg *config.Config) ([]metric.ClassThreshold, float32, error) {
	var r validate.Result
	if o.scores != "" {
		stored, err := storedOptions(o.streams, cfg, o.scores)
		if err != nil {
			return nil, 0, err
		}
		acc, err := validate.CollectStored(ctx, stored, &r)
		if err != nil {
			return nil, 0, err
		}
		defer acc.Close() // only read
		return acc.Thresholds(o.goal)
	}
	if cfg.Data.Val.Root == "" && cfg.Data.Train.Root == "" {
		return nil, 0, usagef("--data is missing: give a folder or tar of images")
	}
	be, err := o.startCPU()
	if err != nil {
		return nil, 0, err
	}
	defer be.Close()
	o.model.Lenient = !o.strict
	acc, err := validate.Collect(ctx, validate.Options{
		Model: o.model, Data: dataset.FromConfig(cfg.Data, dataset.Val), Batch: cfg.Train.Batch,
		Backend: be, Display: o.display, FS: o.fs, Garbage: garbageHooks(),
	}, &r)
	if err != nil {
		return nil, 0, err
	}
	return acc.Thresholds(o.goal)
}

// writeThresholds writes CSV class,threshold.
func writeThresholds(w io.Writer, list []metric.ClassThreshold) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"class", "threshold"}); err != nil {
		return err
	}
	for _, t := range list {
		if err := c.Write([]string{t.Class, strconv.FormatFloat(float64(t.Threshold), 'g', -1, 32)}); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// storable refuses a checkpoint that thresholds cannot be written to, before anything is scored.
func (o *thresholdsOptions) storable() error {
	f, err := modelfile.OpenFile(o.model.Path, o.model.Weights)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	sd, err := checkpoint.Interpret(f)
	if err != nil {
		return err
	}
	path, err := modelfile.Find(o.model.Path)
	if err != nil {
		return err
	}
	if sd.Meta == nil || !strings.HasSuffix(path, ".safetensors") {
		return fmt.Errorf("--write: %q is not a checkpoint of csl; csl export --thresholds FILE --out x.safetensors writes one with them", path)
	}
	if filepath.Base(path) != rundir.Best {
		if err := notOfARun("--write: --model_path", path); err != nil {
			return err
		}
	}
	return safefile.CheckWritable(o.fs, path)
}

// store rewrites the checkpoint with the thresholds.
func (o *thresholdsOptions) store(ctx context.Context, list []metric.ClassThreshold) error {
	m, err := modelfile.Open(ctx, o.model)
	if err != nil {
		return err
	}
	m.Meta.Thresholds, m.Meta.Threshold = nil, 0
	for _, t := range list {
		m.Meta.Thresholds = append(m.Meta.Thresholds, t.Threshold)
	}
	meta, err := m.Meta.Encode()
	if err != nil {
		return err
	}
	return safefile.Write(o.fs, m.Path, func(w io.Writer) error {
		return checkpoint.WriteSafetensors(w, checkpoint.Tensors(m.Weights), meta)
	})
}

// print shows what was chosen.
func (o *thresholdsOptions) print(list []metric.ClassThreshold, overall float32) error {
	if o.format == formatJSON {
		return writeJSON(o.streams.out, struct {
			Overall float32                 `json:"overall"`
			Classes []metric.ClassThreshold `json:"classes"`
		}{overall, list})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "overall %.4g\n\nthreshold      own  support  precision  recall      F1  class\n", overall)
	for _, t := range list {
		fmt.Fprintf(&b, "%9.4g%9.4g%9d%11.2f%8.2f%8.2f  %s\n", t.Threshold, t.Own, t.Support, t.Precision, t.Recall, t.F1, printable.Line(t.Class))
	}
	_, err := io.WriteString(o.streams.out, b.String())
	return err
}
