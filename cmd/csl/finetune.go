package main

import (
	"slices"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/model"
	"csl/internal/modelfile"
)

// adoptArchitecture makes the architecture of the checkpoint that a training starts from the
// configuration's, but for what was given: a name or a shape keeps the whole body as it is given, a
// head the head.
func adoptArchitecture(c *config.Config, origins config.Origins) error {
	given := func(keys ...string) bool {
		for _, key := range keys {
			if origins[key] != "" {
				return true
			}
		}
		return false
	}
	m := &c.Model
	body := !given("model.name", "model.stages", "model.planes", "model.width", "model.abn_slope")
	head := !given("model.head", "model.head_hidden")
	if m.Path == "" || !body && !head {
		return nil
	}
	variant, err := checkpoint.ParseVariant(m.Weights)
	if err != nil {
		return err
	}
	spec, err := modelfile.Architecture(m.Path, variant)
	if err != nil {
		return err
	}
	if body {
		adoptBody(m, spec)
	}
	if head && spec.NumClasses > 0 {
		if m.Head = string(spec.Head); spec.Head == model.BottleneckHead {
			m.HeadHidden = spec.HeadHidden
		}
	}
	return nil
}

// adoptBody takes over the name, or that of a model with the same kinds of blocks, and what differs
// from it.
func adoptBody(m *config.Model, spec model.Spec) {
	known, ok := alike(spec)
	if !ok {
		return // reading the weights says what does not fit
	}
	m.Name = known.Name
	if known.Planes != spec.Planes {
		m.Planes = spec.Planes
	}
	if !slices.Equal(known.Stages, spec.Stages) {
		m.Stages = spec.Stages
	}
	if spec.Slope != known.Slope && spec.Slope == spec.StemSlope {
		m.ABNSlope = spec.Slope
	}
}

// alike is the known model of the same name and kinds of blocks, or else of the same kinds.
func alike(spec model.Spec) (model.Spec, bool) {
	names := model.Names()
	if slices.Contains(names, spec.Name) {
		names = append([]string{spec.Name}, names...)
	}
	for _, name := range names {
		if known, err := model.Lookup(name); err == nil && slices.Equal(known.Kinds, spec.Kinds) {
			return known, true
		}
	}
	return model.Spec{}, false
}
