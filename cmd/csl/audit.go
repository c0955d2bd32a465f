package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"csl/internal/audit"
	"csl/internal/audit/list"
	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/modelfile"
	"csl/internal/safefile"
	"csl/internal/train"

	"github.com/spf13/cobra"
)

// foldsRun is the folder of the folds' models within that of the run that the configuration is for.
const foldsRun = "audit"

// auditOptions is what "csl audit" was asked to do.
type auditOptions struct {
	*streams
	settings   *settings
	model      modelfile.Options
	strict     bool
	strategies string
	audit      audit.Options
	out, to    string
	prefix     string
	csvSafe    bool
	top        int
	format     string
}

func newAuditCommand(s *streams) *cobra.Command {
	o := &auditOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "audit (--model_path FILE | --folds K --config FILE | --scores FILE) --data ROOT --annotations FILE",
		Short: "List labels that are likely missing or wrong",
		Long: `List the cells (one class in one image) that a person should look at, the best question first.
--strategy names the rules, whose lists take turns:

  likely     unknown cells, by the chance that the class is present
  wrong      annotated cells, by the chance that the label is wrong, assuming that 2 % of labels are
  uncertain  unknown cells, by the entropy of that chance over the root of 1 + n + k, where n counts the
             annotated cells of the class, of the label that has fewer, and k its cells listed before
  random     unknown cells, drawn by --seed
  balanced   unknown cells, the likeliest of each class in turn, classes with few positives first; cells of
             a chance below 10 % at the end

Scores of different classes are compared by probability after correction for label shift. What scores
are worth is measured on annotated cells, best on those that the model has not learned: --folds K trains
K models, each on the images of the other folds, so that no image is judged by a model that learned its
labels; else the validation images serve (--val_annotations), if there are any. Where no class
has annotated cells of both labels, cells are ranked within their class; the output says which.

--out writes the list as CSV, or with --to as tasks for Label Studio or CVAT that hold what is known
and what the model believes. --compare_with judges the lists by full annotations.`,
		Example: `  csl audit --model_path runs/a/best.safetensors --data photos --annotations labels.csv
  csl audit --folds 5 --config runs/a/config.yaml --strategy wrong --limit 200
  csl review audit.csv --data photos --labels answers.csv
  csl audit --model_path best.safetensors --data photos --annotations labels.csv --to labelstudio --out tasks.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runAudit(cmd.Context(), o) },
	}
	o.settings = bindSettings(cmd, settingsWithFlags("train.out", "model.path", "model.weights", "model.strict")...)
	fs := cmd.Flags()
	bindModel(fs, &o.model, &o.strict)
	fs.StringVar(&o.audit.Scores, "scores", "", "use predictions in `FILE` instead of a model's: CSV image,label,score or .npy, from 0 to 1")
	fs.IntVar(&o.audit.Folds, "folds", 0, "train `K` models by --config, each on the images of the other folds; 0 = none")
	fs.StringVar(&o.audit.RunDir, "run_dir", "", "run directories of the folds go into `DIR`; default "+foldsRun+" in that of train.out")
	fs.BoolVar(&o.audit.Resume, "resume", false, "continue the trainings of the folds")
	fs.StringVar(&o.strategies, "strategy", "likely,wrong,uncertain", "rules by which cells are chosen, separated by commas: likely, wrong, uncertain, random, balanced")
	fs.IntVar(&o.audit.Limit, "limit", 1000, "list at most this many cells")
	fs.IntVar(&o.audit.PerClass, "per_class", 0, "list at most this many cells of a class, by each strategy; 0 = any")
	fs.StringVarP(&o.out, "out", "o", "audit.csv", "write the list to `FILE`")
	fs.StringVar(&o.to, "to", string(labels.CSV), "write the list as csv, labelstudio or cvat")
	fs.StringVar(&o.prefix, "image_prefix", "", "with --to labelstudio: put this before image names, such as /data/local-files/?d=")
	fs.BoolVar(&o.csvSafe, "csv_safe", false, "put ' before names that a spreadsheet would take for formulas")
	fs.StringVar(&o.audit.CompareWith, "compare_with", "", "compare the lists with the full annotations in `FILE`")
	fs.IntVar(&o.top, "top", 20, "show this many classes in the text; 0 = all")
	fs.StringVar(&o.format, "format", formatText, "print the summary as text or json")
	return cmd
}

func runAudit(ctx context.Context, o *auditOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	cfg, origins, err := o.settings.load()
	if err != nil {
		return err
	}
	a := &o.audit
	if a.Folds > 0 {
		if err := adoptArchitecture(cfg, origins); err != nil {
			return err
		}
	}
	if a.Scores == "" {
		if err := cfg.Require("data.train.root"); err != nil {
			return err
		}
	} else if cfg.Data.Train.Annotations == "" && cfg.Data.Train.Root == "" {
		return usagef("--annotations is missing: give a file of labels")
	}
	if err := spare("--out", o.out, append(cfg.Data.LabelFiles(), cfg.Data.ClassDescriptions, a.CompareWith, o.model.Path, a.Scores, o.settings.file)...); err != nil {
		return err
	}
	if err := safefile.CheckWritable(o.fs, o.out); err != nil { // not after hours of training
		return err
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	o.model.Lenient = !o.strict
	a.Seed, a.Config, a.Model, a.Data = cfg.Train.Seed, cfg, o.model, dataset.FromConfig(cfg.Data, dataset.Train)
	if a.RunDir == "" {
		a.RunDir = filepath.Join(cfg.Train.Out, foldsRun)
	}
	a.Backend, a.Display, a.FS, a.Garbage, a.Version = be, o.display, o.fs, garbageHooks(), version()
	r, err := audit.Run(ctx, *a)
	if err != nil {
		return o.interrupted(err)
	}
	return o.write(r)
}

// check looks at the flags.
func (o *auditOptions) check() error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	a, given := &o.audit, 0
	for _, there := range []bool{o.model.Path != "", a.Folds != 0, a.Scores != ""} {
		given += asInt(there)
	}
	switch {
	case given != 1:
		return usagef("give one of --model_path, --folds and --scores")
	case a.Folds < 0 || a.Folds == 1:
		return usagef("--folds %d: must be at least 2, or 0", a.Folds)
	case a.Folds == 0 && (a.Resume || a.RunDir != ""):
		return usagef("--resume and --run_dir: nothing is trained without --folds")
	case a.Limit < 1:
		return usagef("--limit %d: must be at least 1", a.Limit)
	case a.PerClass < 0:
		return usagef("--per_class %d: must be at least 0", a.PerClass)
	case o.top < 0:
		return usagef("--top %d: must be at least 0", o.top)
	case o.out == "":
		return usagef("--out is missing: give a file to write")
	case !slices.Contains([]string{string(labels.CSV), string(labels.LabelStudio), string(labels.CVAT)}, o.to):
		return usagef("--to %q: must be csv, labelstudio or cvat", o.to)
	}
	var err error
	if a.Strategies, err = audit.ParseStrategies(o.strategies); err != nil {
		return usagef("--strategy %w", err)
	}
	return nil
}

// write writes the list and prints the summary.
func (o *auditOptions) write(r *audit.Result) error {
	err := safefile.Write(o.fs, o.out, func(w io.Writer) error {
		switch labels.Format(o.to) {
		case labels.LabelStudio:
			return audit.WriteLabelStudio(w, r.Set, r.List, o.prefix)
		case labels.CVAT:
			return audit.WriteCVAT(w, r.Set, r.List)
		}
		return list.Write(w, slices.Values(r.List), o.csvSafe)
	})
	if err != nil {
		return err
	}
	if o.format == formatJSON {
		e := json.NewEncoder(o.streams.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(r)
	} else if _, err = fmt.Fprintf(o.streams.out, "wrote %s: %s\n\n", o.out, count.Of(len(r.List), "cell")); err == nil {
		err = r.WriteText(o.streams.out, o.top)
	}
	if err == nil && r.Skipped > 0 {
		return &skippedError{imagesSkipped(r.Skipped)}
	}
	return err
}

// interrupted adds to the end by Ctrl-C how to go on.
func (o *auditOptions) interrupted(err error) error {
	const command = "the same command with --resume"
	if errors.As(err, new(*train.Interrupted)) || !errors.Is(err, context.Canceled) {
		return howToGoOn(err, command)
	}
	if o.audit.Folds > 0 {
		return fmt.Errorf("interrupted; the models of the folds are kept; resume with: %s: %w", command, context.Canceled)
	}
	return context.Canceled
}
