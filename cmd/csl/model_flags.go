package main

import (
	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/modelfile"

	"github.com/spf13/pflag"
)

// bindModel adds the flags that choose a model: which file, which of its weights, and how exactly
// it must fit.
func bindModel(fs *pflag.FlagSet, o *modelfile.Options, strict *bool) {
	fs.StringVar(&o.Path, "model_path", "", "read the model from `FILE` (.pth, .safetensors), or the best weights of a run directory")
	bindFit(fs, o, strict)
}

// bindFit adds the flags of bindModel but for the model's path.
func bindFit(fs *pflag.FlagSet, o *modelfile.Options, strict *bool) {
	bindWeights(fs, &o.Weights)
	fs.BoolVar(strict, "strict", true, "refuse checkpoints with tensors that the model does not use")
}

// bindWeights adds the flag that chooses between the models of a file.
func bindWeights(fs *pflag.FlagSet, v *checkpoint.Variant) {
	fs.Var((*variantValue)(v), "weights", "use these weights of a checkpoint that has several: `model|ema`; default model, else ema")
}

// variantValue is a [checkpoint.Variant] as a flag.
type variantValue checkpoint.Variant

// String is the value as it is typed.
func (v *variantValue) String() string { return string(*v) }

// Type is the value's kind, for help texts.
func (v *variantValue) Type() string { return "string" }

// Set reads the value.
func (v *variantValue) Set(text string) error {
	got, err := checkpoint.ParseVariant(text)
	*v = variantValue(got)
	return err
}

// bindLabelled binds the flags that say which labelled images a model is scored on.
func bindLabelled(fs *pflag.FlagSet) {
	for flag, key := range map[string]string{"data": "data.val.root", "annotations": "data.val.annotations", "data_format": "data.val.format"} {
		config.BindFlagAs(fs, flag, key)
	}
	fs.Lookup("data").Usage = "read labelled images from a folder or tar, or a folder in COCO layout"
	fs.Lookup("annotations").Usage = "read their labels from this file; empty = find them in a COCO layout"
	fs.Lookup("data_format").Usage = "format of the labels; auto = by content (auto|" + formatNames("|") + ")"
}
