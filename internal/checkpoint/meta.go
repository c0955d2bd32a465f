package checkpoint

import (
	"errors"
	"fmt"
	"math"

	"csl/internal/exactjson"
	"csl/internal/model"
)

// Class is an output of the model.
type Class struct {
	// ID is the data set's own name for it, such as an Open Images MID
	// ("/m/01g317"); may be empty.
	ID string `json:"id,omitempty"`
	// Name is what people call it.
	Name string `json:"name"`
}

// Input says how an image becomes the model's input.
type Input struct {
	// Height and Width are in pixels.
	Height int `json:"height"`
	Width  int `json:"width"`
	// Interpolation is "bilinear" or "bicubic".
	Interpolation string `json:"interpolation"`
	// EXIFOrientation says whether images are turned as their EXIF tells.
	EXIFOrientation bool `json:"exif_orientation"`
	// Mean and Std normalise the channels, scaled to 0…1 before; nil: none.
	Mean []float64 `json:"mean,omitempty"`
	Std  []float64 `json:"std,omitempty"`
}

// Meta is what a csl checkpoint tells beside its tensors. Zero fields other
// than Spec are omitted.
type Meta struct {
	// Version is the csl that wrote the file.
	Version string
	// Spec is the architecture with its head.
	Spec model.Spec
	// Classes are the outputs in order; empty or Spec.NumClasses of them.
	Classes []Class
	// Input is the preprocessing; nil if unknown.
	Input *Input
	// Threshold is the score above which a class counts as present, in (0,1);
	// 0 if unknown.
	Threshold float64
	// Thresholds are such scores per class; empty or one for each.
	Thresholds []float32
	// Prior is the share of images with the class; empty or one for each.
	Prior []float32
	// Config is the training configuration, YAML.
	Config string
	// Metrics are results by name, such as "map_partial", in percent.
	Metrics map[string]float64
	// Weights says which weights these are: "regular" or "ema".
	Weights string
}

// Keys of the metadata table. "format" is what other safetensors users expect.
const (
	keyFormat     = "format"
	keyVersion    = "csl.version"
	keySpec       = "csl.architecture"
	keyClasses    = "csl.classes"
	keyInput      = "csl.input"
	keyThreshold  = "csl.threshold"
	keyThresholds = "csl.thresholds"
	keyPrior      = "csl.prior"
	keyConfig     = "csl.config"
	keyMetrics    = "csl.metrics"
	keyWeights    = "csl.weights"
	// keySums is written by [WriteSafetensors]: the CRC-32 of each tensor's
	// bytes, hexadecimal, by name.
	keySums = "csl.crc32"
)

// storedSpec is model.Spec as it is written.
type storedSpec struct {
	Name       string            `json:"name"`
	Stages     []int             `json:"stages"`
	Planes     int               `json:"planes"`
	Kinds      []model.BlockKind `json:"kinds"`
	StemSlope  float64           `json:"stem_slope"`
	Slope      float64           `json:"slope"`
	Head       model.Head        `json:"head"`
	HeadHidden int               `json:"head_hidden"`
	NumClasses int               `json:"num_classes"`
}

// Encode makes the metadata table of a safetensors (or ONNX) file: strings,
// lists and objects as JSON. Unsound metadata is an error.
func (m *Meta) Encode() (map[string]string, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	table := map[string]string{keyFormat: "pt", keyVersion: m.Version, keyConfig: m.Config, keyWeights: m.Weights}
	put := func(key string, present bool, v any) error {
		if !present {
			return nil
		}
		text, err := marshal(v)
		if err != nil {
			return fmt.Errorf("metadata %s: %w", key, err)
		}
		table[key] = string(text)
		return nil
	}
	err := errors.Join(
		put(keySpec, true, storedSpec(m.Spec)),
		put(keyClasses, len(m.Classes) > 0, m.Classes),
		put(keyInput, m.Input != nil, m.Input),
		put(keyThreshold, m.Threshold != 0, m.Threshold),
		put(keyThresholds, len(m.Thresholds) > 0, m.Thresholds),
		put(keyPrior, len(m.Prior) > 0, m.Prior),
		put(keyMetrics, len(m.Metrics) > 0, m.Metrics))
	for key, text := range table {
		if text == "" {
			delete(table, key)
		}
	}
	return table, err
}

// DecodeMeta reads the table back. Without csl's entries the result is nil.
// What is there must be sound.
func DecodeMeta(table map[string]string) (*Meta, error) {
	if table[keySpec] == "" {
		return nil, nil
	}
	m := &Meta{Version: table[keyVersion], Config: table[keyConfig], Weights: table[keyWeights]}
	var spec storedSpec
	get := func(key string, v any) error {
		if table[key] == "" {
			return nil
		}
		if err := exactjson.Unmarshal([]byte(table[key]), v); err != nil {
			return fmt.Errorf("metadata %s: %w", key, err)
		}
		return nil
	}
	err := errors.Join(get(keySpec, &spec), get(keyClasses, &m.Classes), get(keyInput, &m.Input), get(keyThreshold, &m.Threshold),
		get(keyThresholds, &m.Thresholds), get(keyPrior, &m.Prior), get(keyMetrics, &m.Metrics))
	if err != nil {
		return nil, err
	}
	m.Spec = model.Spec(spec)
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// Validate reports the first thing that is unsound.
func (m *Meta) Validate() error {
	if err := m.Spec.Validate(); err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	n := m.Spec.NumClasses
	for _, l := range []struct {
		what string
		len  int
	}{{"classes", len(m.Classes)}, {"thresholds", len(m.Thresholds)}, {"prior values", len(m.Prior)}} {
		if l.len != 0 && l.len != n {
			return fmt.Errorf("metadata: %d %s for a model of %d classes", l.len, l.what, n)
		}
	}
	for i, v := range m.Thresholds {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("metadata: threshold %v of class %d is not from 0 to 1", v, i)
		}
	}
	for i, v := range m.Prior {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("metadata: prior %v of class %d is not from 0 to 1", v, i)
		}
	}
	if !(m.Threshold >= 0 && m.Threshold <= 1) {
		return fmt.Errorf("metadata: threshold %v is not from 0 to 1", m.Threshold)
	}
	for key, v := range m.Metrics {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("metadata: metric %q is %v", key, v)
		}
	}
	return m.Input.validate()
}

func (in *Input) validate() error {
	if in == nil {
		return nil
	}
	if in.Height < 1 || in.Width < 1 || in.Height > 1<<16 || in.Width > 1<<16 {
		return fmt.Errorf("metadata: input of %dx%d pixels", in.Height, in.Width)
	}
	if in.Interpolation != "bilinear" && in.Interpolation != "bicubic" {
		return fmt.Errorf("metadata: interpolation %q", in.Interpolation)
	}
	if len(in.Mean) != len(in.Std) || len(in.Mean) != 0 && len(in.Mean) != 3 {
		return fmt.Errorf("metadata: normalisation by %d means and %d deviations", len(in.Mean), len(in.Std))
	}
	for _, s := range in.Std {
		if !(s > 0) {
			return fmt.Errorf("metadata: normalisation by the deviation %v", s)
		}
	}
	return nil
}
