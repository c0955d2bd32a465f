package main

import (
	"fmt"

	"csl/internal/count"
	"csl/internal/loss"
	"csl/internal/loss/lossgraph"
	"csl/internal/model"
)

// Modes of "csl info --model_name".
const (
	modeInfer = "infer"
	modeTrain = "train"
)

// defaultClasses is the number of classes of a model's table if none is given: COCO's.
const defaultClasses = 80

// modelInfo is what "csl info --model_name" prints as JSON.
type modelInfo struct {
	Model      string      `json:"model"`
	Head       model.Head  `json:"head"`
	NumClasses int         `json:"num_classes"`
	Batch      int         `json:"batch_size"`
	Height     int         `json:"height"`
	Width      int         `json:"width"`
	Mode       string      `json:"mode"`
	Layers     []layerInfo `json:"layers"`
	Parameters int64       `json:"parameters"`
	FLOPs      int64       `json:"flops"`     // forward, not folded
	RunFLOPs   int64       `json:"run_flops"` // of a run in the given mode
	ArenaBytes int64       `json:"arena_bytes"`
}

type layerInfo struct {
	Name       string `json:"name"`
	Shape      []int  `json:"shape"`
	Parameters int64  `json:"parameters"`
	FLOPs      int64  `json:"flops"`
}

// runInfoModel prints the layer table.
func runInfoModel(o *infoOptions) error {
	switch {
	case o.mode != modeInfer && o.mode != modeTrain:
		return usagef("--mode %q: must be %s or %s", o.mode, modeInfer, modeTrain)
	case o.batch < 1:
		return usagef("--batch_size %d: must be at least 1", o.batch)
	}
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	cfg, _, err := o.settings.load()
	if err != nil {
		return err
	}
	height, width, err := parseSize(o.inputSize)
	if err != nil {
		return usagef("--image_size: %w", err)
	}
	if height == 0 {
		height, width = cfg.Data.Size, cfg.Data.Size
	}
	classes := cfg.Model.NumClasses
	if classes == 0 {
		classes = defaultClasses
	}
	spec, err := cfg.Model.Spec(classes)
	if err != nil {
		return err
	}
	var lossFunc model.LossFunc
	if o.mode == modeTrain {
		if lossFunc, err = lossgraph.Build(loss.Defaults(), nil); err != nil {
			return err
		}
	}
	t, err := model.Table(spec, model.Options{Batch: o.batch, Height: height, Width: width}, lossFunc)
	if err != nil {
		return err
	}
	return o.writeModel(spec, t, height, width)
}

func (o *infoOptions) writeModel(spec model.Spec, t *model.LayerTable, height, width int) error {
	if o.format == formatJSON {
		m := modelInfo{
			Model: spec.Name, Head: spec.Head, NumClasses: spec.NumClasses, Batch: o.batch, Height: height, Width: width, Mode: o.mode,
			Parameters: t.Params, FLOPs: t.FLOPs, RunFLOPs: t.RunFLOPs, ArenaBytes: t.ArenaBytes,
		}
		for _, r := range t.Rows {
			m.Layers = append(m.Layers, layerInfo{Name: r.Name, Shape: r.Shape, Parameters: r.Params, FLOPs: r.FLOPs})
		}
		return writeJSON(o.out, m)
	}
	_, err := fmt.Fprintf(o.out, "%s, %s head, %s, %d x %dx%d pixels\n\n%s\n%-27s %15.2f GFLOPs\n%-27s %15.1f MB, planned: values of one run, without weights\n",
		spec.Name, spec.Head, count.Of(spec.NumClasses, "class"), o.batch, height, width, t,
		"one run ("+o.mode+")", float64(t.RunFLOPs)/1e9, "arena ("+o.mode+")", float64(t.ArenaBytes)/1e6)
	return err
}
