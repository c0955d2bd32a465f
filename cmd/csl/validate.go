package main

import (
	"context"
	"fmt"
	"slices"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/safefile"
	"csl/internal/validate"

	"github.com/spf13/cobra"
)

// validateOptions is what "csl validate" was asked to do.
type validateOptions struct {
	*streams
	settings   *settings
	models     []string          // checkpoints
	model      modelfile.Options // of each of them, but for the path
	strict     bool
	size       int
	threshold  *float64
	saveScores string
	csvSafe    bool
	scores     []string // files of predictions
	extras     validate.Extras
	draws      bool // --bootstrap was given
	page       string
	listed     int
	prior      string // file of a class prior to show
	format     string
	ranks      string // --distributed
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

With several --model_path, or several --scores, score all of them on the same images and labels, and
compare each with the first: the difference, with a 95% interval from --bootstrap draws of the images
(1000 unless given).

With --report, also write a page that opens offline: precision-recall curves, score distributions,
reliability, the worst errors and likely missing labels with thumbnails, and a table of classes.

Started as several ranks by mpirun or srun, csl-mpi shares the images; metrics are those of one process, to
the bit.

The reference's names --thre and --input_size mean --threshold and --image_size.`,
		Example: `  csl validate --model_path outputs/best.safetensors --data /data/coco
  csl validate --model_path best.safetensors --data photos.tar --annotations labels.csv --format json
  csl validate --model_path runs/a --model_path runs/b --data val.tar --annotations val.csv --report compare.html
  csl validate --scores scores.npy --annotations labels.csv --bootstrap 1000`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("threshold") {
				o.threshold = &threshold
			}
			o.draws = cmd.Flags().Changed("bootstrap")
			return runValidate(cmd.Context(), o)
		},
	}
	o.settings = bindSettings(cmd, "data.workers", "data.skip_broken", "data.max_pixels", "data.max_image_memory", "data.max_errors", "train.batch")
	fs := cmd.Flags()
	bindLabelled(fs)
	fs.StringArrayVar(&o.models, "model_path", nil, "read the model from `FILE` (.pth, .safetensors), or the best weights of a run directory; may be repeated")
	bindFit(fs, &o.model, &o.strict)
	fs.IntVar(&o.size, "image_size", 0, fmt.Sprintf("side of the square input in pixels; 0 = the checkpoint's, else %d", model.DefaultSize))
	fs.Float64Var(&threshold, "threshold", modelfile.DefaultThreshold,
		"score above which a class counts as present, for precision, recall and F1; default the checkpoint's, else")
	fs.StringVar(&o.saveScores, "save_scores", "", "write every score to `FILE`: CSV image,label,score,value")
	fs.BoolVar(&o.csvSafe, "csv_safe", false, "with --save_scores: put ' before names that a spreadsheet would take for formulas")
	fs.StringArrayVar(&o.scores, "scores", nil, "score predictions in `FILE` instead of a checkpoint: CSV image,label,score or .npy (images by classes); may be repeated")
	fs.IntVar(&o.extras.Bootstrap, "bootstrap", 0, "compute 95% intervals from `N` draws of the images; 0 = none")
	fs.Uint64Var(&o.extras.Seed, "bootstrap_seed", 1, "draw by this seed")
	fs.StringVar(&o.extras.CurvesPath, "pr_curves", "", "write precision-recall curves of the classes to `FILE`: CSV")
	fs.StringVar(&o.page, "report", "", "write a page with plots, errors and classes to `FILE`: HTML")
	fs.IntVar(&o.listed, "errors", cellsListed, "with --report: show this many of the worst errors of each kind, and of the likeliest missing labels")
	fs.StringVar(&o.prior, "prior", "", "with --report: show the class prior in `FILE`, as csl estimate-prior writes it; empty = that of the checkpoint")
	bindDistributed(cmd, &o.ranks)
	fs.StringVar(&o.format, "format", formatText, "print metrics as text or json")
	return cmd
}

// check refuses wrong flags.
func (o *validateOptions) check() error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	several := len(o.models) > 1 || len(o.scores) > 1
	switch {
	case len(o.models) == 0 && len(o.scores) == 0 || slices.Contains(o.models, ""):
		return usagef("--model_path is missing: give a checkpoint or a run directory")
	case len(o.models) > 0 && len(o.scores) > 0:
		return usagef("--model_path and --scores: give one of them")
	case o.saveScores != "" && len(o.scores) > 0:
		return usagef("--save_scores and --scores: give one of them")
	case several && o.saveScores != "":
		return usagef("--save_scores: give one --model_path, as the file has the scores of one model")
	case several && o.extras.CurvesPath != "":
		return usagef("--pr_curves: give one model, as the file has the curves of one")
	case o.extras.Bootstrap < 0:
		return usagef("--bootstrap %d: must be at least 0", o.extras.Bootstrap)
	case o.listed < 0 || o.listed > mostCellsListed:
		return usagef("--errors %d: must be from 0 to %d, as each is an image on the page", o.listed, mostCellsListed)
	case o.prior != "" && o.page == "":
		return usagef("--prior: needs --report, the page that shows it")
	}
	if t := o.threshold; t != nil && !(*t >= 0 && *t <= 1) {
		return usagef("--threshold %v: must be a score from 0 to 1", *t)
	}
	if o.size != 0 {
		if err := model.CheckSize(o.size, o.size); err != nil {
			return usagef("--image_size: %w", err)
		}
	}
	if several && !o.draws {
		o.extras.Bootstrap = defaultDraws
	}
	return nil
}

// defaultDraws is how many draws of the images a comparison has unless the user says.
const defaultDraws = 1000

func runValidate(ctx context.Context, o *validateOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	group, err := o.join(o.ranks)
	if err != nil {
		return err
	}
	if group.Size() > 1 && len(o.scores) > 0 {
		return usagef("--scores: there is nothing for several ranks to share; start one process")
	}
	cfg, _, err := o.settings.load()
	if err != nil {
		return err
	}
	read := slices.Concat(cfg.Data.LabelFiles(), o.models, o.scores, []string{o.prior})
	for _, out := range []struct{ flag, path string }{{"--save_scores", o.saveScores}, {"--pr_curves", o.extras.CurvesPath}, {"--report", o.page}} {
		if err := spare(out.flag, out.path, read...); err != nil {
			return err
		}
	}
	if o.page != "" {
		if err := safefile.CheckWritable(o.fs, o.page); err != nil {
			return err
		}
	}
	o.extras.CSVSafe, o.extras.FS = o.csvSafe, o.fs
	all, err := o.scoreAll(ctx, cfg, group)
	if err == nil {
		err = o.leave()
	}
	if err != nil {
		return err
	}
	if group.Rank() > 0 {
		return skippedBy(all)
	}
	pairs, err := o.compare(ctx, all)
	if err != nil {
		return err
	}
	if o.page != "" {
		if err := o.writePage(ctx, cfg, all, pairs); err != nil {
			return err
		}
	}
	if err := o.print(all, pairs); err != nil {
		return err
	}
	return skippedBy(all)
}

// skippedBy tells of the images that were skipped, which are the same for all models.
func skippedBy(all []scoredModel) error {
	if n := len(all[0].result.Skipped); n > 0 {
		return &skippedError{imagesSkipped(n)}
	}
	return nil
}

// storedOptions are those of predictions in a file that the validation labels of a configuration judge.
func storedOptions(s *streams, cfg *config.Config, path string) (validate.StoredOptions, error) {
	if cfg.Data.Val.Annotations == "" {
		return validate.StoredOptions{}, usagef("--annotations is missing: give a file of labels")
	}
	l, err := dataset.FromConfig(cfg.Data, dataset.Val).Labels(cfg.Data.Val.Annotations)
	return validate.StoredOptions{Scores: path, Labels: l, Workers: s.global.threads, Display: s.display}, err
}
