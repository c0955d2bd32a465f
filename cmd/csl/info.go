package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/modelfile"

	"github.com/spf13/cobra"
)

// infoOptions is what "csl info" was asked to do.
type infoOptions struct {
	*streams
	settings  *settings
	inputSize string
	batch     int
	mode      string
	format    string
	weights   checkpoint.Variant
}

func newInfoCommand(s *streams) *cobra.Command {
	o := &infoOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "info (FILE | --model_name NAME)",
		Short: "Describe a checkpoint, or the layers of a model",
		Long: `Describe a checkpoint: format, naming scheme, architecture, classes, preprocessing, sum; or, with
--model_name or --config, a model: every layer with shape, parameters and FLOPs, and the memory that
a run needs. No weights are computed or changed.`,
		Example: `  csl info model.pth
  csl info --model_name tresnet_l --image_size 448 --num_classes 9605
  csl info --config configs/openimages_v6.yaml --mode train --batch_size 16`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch asked := cmd.Flags().Changed("model_name") || o.settings.file != ""; {
			case len(args) > 1:
				return usagef("%q takes one file, but got %q as well", cmd.CommandPath(), args[1])
			case len(args) == 1 && asked:
				return usagef("give either a checkpoint or --model_name (or --config), not both")
			case len(args) == 1:
				return runInfoCheckpoint(cmd.Context(), o, args[0])
			case asked:
				return runInfoModel(o)
			}
			return usagef("nothing to describe: give a checkpoint file or --model_name")
		},
	}
	o.settings = bindSettings(cmd, "model.name", "model.num_classes")
	config.BindFlagAs(cmd.Flags(), "head", "model.head")
	fs := cmd.Flags()
	fs.StringVar(&o.inputSize, "image_size", "", "input size in pixels, `N|HxW`; default data.size (reference: --input_size)")
	bindWeights(fs, &o.weights)
	fs.IntVarP(&o.batch, "batch_size", "b", 1, "images per run")
	fs.StringVar(&o.mode, "mode", modeInfer, "plan the memory for infer or train")
	fs.StringVar(&o.format, "format", formatText, "print results as text or json")
	return cmd
}

// runInfoCheckpoint describes a file.
func runInfoCheckpoint(ctx context.Context, o *infoOptions, path string) error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	about, err := describe(ctx, path, o.weights)
	if err != nil {
		return err
	}
	if o.format == formatJSON {
		return writeJSON(o.out, about)
	}
	return about.write(o.out)
}

// writeJSON prints one object on one line.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// describe gathers what there is to say of a checkpoint.
func describe(ctx context.Context, path string, weights checkpoint.Variant) (about *checkpointInfo, err error) {
	f, err := modelfile.OpenFile(path, weights)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	sd, err := checkpoint.Interpret(f)
	if err != nil {
		return nil, err
	}
	if about, err = newCheckpointInfo(f, sd); err != nil {
		return nil, err
	}
	if p := f.Packed(); p != nil {
		about.Packed = &p.PackedInfo
	}
	_, diff, err := sd.Model(ctx, false)
	if errors.Is(err, checkpoint.ErrMismatch) && diff != nil && diff.OnlyUnexpected() {
		about.Beside = diff.Unexpected
		_, _, err = sd.Model(ctx, true)
	}
	about.NonFinite = sd.NonFinite()
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		about.Problem = err.Error()
	}
	return about, nil
}
