// Package infer names what is in images: which images are meant (Inputs), a checkpoint made ready
// for them (Load), the pass over them (Run) and the printing of results (Writer). Drawing results on
// images is package annotate's, running the network package predict's.
package infer

import (
	"fmt"
	"strings"

	"csl/internal/images/transform"
	"csl/internal/model"
	"csl/internal/modelfile"
)

// Dataset is one of the data sets that published checkpoints were trained on.
type Dataset string

// The data sets by the reference's names.
const (
	AnyDataset Dataset = ""
	COCO       Dataset = "MS-COCO"
	OpenImages Dataset = "OpenImages"
)

// ParseDataset reads a data set's name; capitals, dashes and underscores do not matter.
func ParseDataset(name string) (Dataset, error) {
	plain := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
	switch plain {
	case "":
		return AnyDataset, nil
	case "mscoco", "coco":
		return COCO, nil
	case "openimages", "openimagesv6":
		return OpenImages, nil
	}
	return "", fmt.Errorf("data set %q: must be %s or %s", name, COCO, OpenImages)
}

// threshold is the one that goes with the data set's published models.
func (d Dataset) threshold() float64 {
	switch d {
	case OpenImages:
		return 0.995
	case COCO:
		return 0.7
	}
	return modelfile.DefaultThreshold
}

// head is the one of the data set's published models.
func (d Dataset) head() model.Head {
	if d == OpenImages {
		return model.BottleneckHead
	}
	return model.PlainHead
}

// Model is a checkpoint made ready for images.
type Model struct {
	Weights *model.Weights // of the network
	// Classes are what the outputs are called; never fewer than there are outputs.
	Classes []string
	// Thresholds are the scores, one per class, above which a class counts as present; 0 lets every
	// class pass.
	Thresholds []float32
	// OneThreshold says that all thresholds are equal.
	OneThreshold bool

	// How an image becomes the input.
	Height, Width   int
	Filter          transform.Filter
	EXIFOrientation bool
	Scale           *transform.Scale

	// Warnings are what the user should know about the choices made.
	Warnings []string

	file *modelfile.Model
}

// Close ends the use of the model. Nothing may run it any more.
func (m *Model) Close() error {
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}

func (m *Model) warn(format string, args ...any) {
	m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...))
}
