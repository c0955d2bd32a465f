package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"csl/internal/model"
)

const (
	// stemChannels is what the first convolution sees: 3 colours of 4x4 pixels.
	stemChannels = 48
	// maxBlocks bounds the depth of a stage.
	maxBlocks = 1000
)

// AssumedSlopes are the slopes of the activations, which no tensor shows, that
// a file without csl's metadata is taken to have, by the kinds of its stages:
// the published ones, 1e-2 in the stem and 1e-3 in blocks, but for models with
// bottlenecks in all stages (TResNet-v2) 1e-6 in both, unless the names are
// timm's, whose code has 1e-2 and 1e-3 there as well.
func AssumedSlopes(kinds []model.BlockKind, names Scheme) (stem, blocks float64) {
	if names != Timm && !slices.Contains(kinds, model.Basic) {
		return 1e-6, 1e-6
	}
	return 1e-2, 1e-3
}

// infer reads the architecture off names and shapes, but for the slopes.
func (sd *StateDict) infer() (model.Spec, error) {
	spec := model.Spec{Name: "tresnet"}
	stem, _ := sd.Shape(stemAlibaba)
	if len(stem) != 4 || stem[1] != stemChannels {
		return spec, fmt.Errorf("its first convolution has shape %v, but a TResNet's is [planes %d 3 3]", stem, stemChannels)
	}
	spec.Planes = stem[0]
	for stage := 1; stage <= 4; stage++ {
		blocks, kind, err := sd.stage(stage)
		if err != nil {
			return spec, err
		}
		spec.Stages = append(spec.Stages, blocks)
		spec.Kinds = append(spec.Kinds, kind)
	}
	spec.StemSlope, spec.Slope = AssumedSlopes(spec.Kinds, sd.Scheme)
	if err := sd.head(&spec); err != nil {
		return spec, err
	}
	spec.Name = publishedName(spec)
	return spec, nil
}

// stage counts the blocks of a stage and tells their kind.
func (sd *StateDict) stage(stage int) (int, model.BlockKind, error) {
	blocks := map[string]bool{}
	kind := model.Basic
	prefix := fmt.Sprintf("body.layer%d.", stage)
	for name := range sd.source {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		block, rest, _ := strings.Cut(rest, ".")
		blocks[block] = true
		if strings.HasPrefix(rest, "conv3.") {
			kind = model.Bottleneck
		}
	}
	for b := range len(blocks) {
		if !blocks[fmt.Sprint(b)] {
			return 0, "", fmt.Errorf("stage %d has %d blocks, but block %d is missing", stage, len(blocks), b)
		}
	}
	if len(blocks) == 0 || len(blocks) > maxBlocks {
		return 0, "", fmt.Errorf("stage %d has %d blocks", stage, len(blocks))
	}
	return len(blocks), kind, nil
}

// head tells the kind of the head. A checkpoint without one (a backbone), or
// with one that csl does not have, has zero classes.
func (sd *StateDict) head(spec *model.Spec) error {
	spec.Head, spec.HeadHidden = model.PlainHead, 0
	if fc, ok := sd.Shape("head.fc.weight"); ok {
		if len(fc) != 2 {
			return fmt.Errorf("its head has shape %v, not [classes features]", fc)
		}
		spec.NumClasses = fc[0]
		return nil
	}
	fc, ok := sd.Shape("head.fc.FC.weight")
	if ok {
		if len(fc) != 2 {
			return fmt.Errorf("its head has shape %v, not [classes hidden]", fc)
		}
		spec.Head, spec.HeadHidden, spec.NumClasses = model.BottleneckHead, fc[1], fc[0]
		return nil
	}
	for name := range sd.source {
		if strings.HasPrefix(name, "head.decoder.") {
			sd.OtherHead = "ML-Decoder"
		}
	}
	return nil
}

// publishedName finds the known model of the same shape.
func publishedName(spec model.Spec) string {
	for _, name := range model.Names() {
		known, err := model.Lookup(name)
		if err == nil && known.Planes == spec.Planes && slices.Equal(known.Stages, spec.Stages) && slices.Equal(known.Kinds, spec.Kinds) {
			return name
		}
	}
	return spec.Name
}
