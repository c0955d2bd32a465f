package config

import (
	"csl/internal/limit"
	"csl/internal/model"
)

// Model says which network is built. Zero values of the shape stand for the architecture's own.
type Model struct {
	Name       string  // an architecture of internal/model
	Stages     []int   // blocks in each of the four stages
	Planes     int     // channels of the first stage before Width
	Width      float64 // factor on Planes
	Head       string  // HeadPlain or HeadBottleneck
	HeadHidden int     // width of the bottleneck
	NumClasses int     // 0: as many as the data has
	Path       string  // checkpoint to start from
	Weights    string  // WeightsAuto, or which weights to take of a Path that has several
	Strict     bool    // all of its backbone must fit
	ABNSlope   float64 // leaky slope of all activated batch norms; 0: the architecture's own
	SyncBN     bool    // batch statistics of all ranks together
}

// Kinds of classification heads (Model.Head).
const (
	HeadPlain      = string(model.PlainHead)
	HeadBottleneck = string(model.BottleneckHead)
)

// WeightsAuto takes the regular weights of a checkpoint if it has them, else the averaged ones
// (Model.Weights; the other values are those of checkpoint.Variant).
const WeightsAuto = "auto"

func defaultModel() Model {
	return Model{Name: "tresnet_m", Head: HeadPlain, HeadHidden: 512, Weights: WeightsAuto, Strict: true}
}

// atLeast0 is any finite number from 0 on.
func atLeast0(p *float64) real { return real{p, limit.AtLeast0()} }

func (m *Model) settings() []setting {
	return []setting{
		{name: "model.name", flag: "model_name", value: text{&m.Name, model.Names()}, meaning: "architecture; with model.path the checkpoint's unless given"},
		{
			name: "model.stages", value: list[int]{&m.Stages, 4, atLeast1, "whole numbers of at least 1"},
			meaning: "blocks in each stage; empty = the architecture's own",
		},
		{name: "model.planes", value: whole{p: &m.Planes}, meaning: "channels of the first stage; 0 = the architecture's own"},
		{name: "model.width", value: atLeast0(&m.Width), meaning: "factor on the channels; 0 = the architecture's own"},
		{
			name: "model.head", value: text{&m.Head, []string{HeadPlain, HeadBottleneck}},
			meaning: "one linear layer, or two with a narrow one between as for Open Images",
		},
		{name: "model.head_hidden", value: whole{p: &m.HeadHidden, min: 1}, meaning: "width of the bottleneck head's inner layer"},
		{name: "model.num_classes", flag: "num_classes", value: whole{p: &m.NumClasses}, meaning: "classes; 0 = as many as the data has"},
		{
			name: "model.path", flag: "model_path", value: text{p: &m.Path},
			meaning: "checkpoint, or run directory, to start from; empty = random weights",
		},
		{
			name: "model.weights", flag: "weights", value: text{&m.Weights, []string{WeightsAuto, model.WeightsRegular, model.WeightsAveraged}},
			meaning: "weights of model.path where it has several; auto = model, else ema",
		},
		{
			name: "model.strict", flag: "strict", value: truth{&m.Strict},
			meaning: "all tensors of model.path must fit; false = those that fit are used, the others listed",
		},
		{
			name: "model.abn_slope", value: real{&m.ABNSlope, limit.Below1()},
			meaning: "negative slope of all activations; 0 = the architecture's own",
		},
		{
			name: "model.sync_bn", value: truth{&m.SyncBN},
			meaning: "with several ranks: batch statistics of the whole batch, as one process computes them; false = of each rank's part",
		},
	}
}

func atLeast1(raw any) (int, bool) {
	n, ok := toInt(raw)
	return n, ok && n >= 1
}
