package config

import (
	"slices"

	"csl/internal/images/codec"
	"csl/internal/images/transform"
	"csl/internal/labels"
	"csl/internal/limit"
	"csl/internal/model"
)

// Data says where images and labels are and how images become tensors.
type Data struct {
	Train             Split     // training images and labels
	Val               Split     // validation images and labels
	Test              Split     // images and labels that are scored once, at the end of a run
	HoldOut           float64   // share of the training images held out for validation; 0: none
	ClassDescriptions string    // class list of both splits, Open Images layout: id,name
	Size              int       // side of the square input in pixels
	Interpolation     string    // a name of transform.FilterNames
	EXIFOrientation   bool      // turn images as their EXIF tag says
	Mean, Std         []float64 // per channel (R,G,B) of values scaled to 0..1; empty: none
	Missing           string    // MissingAbsent or MissingUnknown: cells of COCO files without annotation
	Values            string    // coding of CSV values: "csl" or "voc"
	Encoding          string    // of text files; empty: UTF-8
	MaxErrors         int       // wrong rows of a label file that an error names
	Workers           int       // decoding goroutines; 0: one per thread. Results do not depend on it
	Cache             string    // folder for resized images; empty: none
	SkipBroken        bool      // skip unreadable images instead of stopping
	KeepUnannotated   bool      // keep images without annotations as all-negative (COCO)
	MaxPixels         int       // reject larger images before decoding
	MaxImageMemory    int       // bytes that images being decoded may take together
}

// Split is one labelled set of images.
type Split struct {
	Root        string   // folder or tar of images, several (see source.Roots), or a folder laid out as COCO
	Annotations string   // label file; empty: found in a COCO layout below Root
	Later       []string // further label files, whose labels replace those of files before them
	Format      string   // one of the formats of internal/labels, or FormatAuto; of Annotations alone
}

// LabelFiles are all label files that the settings name, in order.
func (s Split) LabelFiles() []string {
	if s.Annotations == "" {
		return nil
	}
	return append([]string{s.Annotations}, s.Later...)
}

// LabelFiles are the label files of all splits.
func (d Data) LabelFiles() []string {
	return slices.Concat(d.Train.LabelFiles(), d.Val.LabelFiles(), d.Test.LabelFiles())
}

// HasTest reports whether there is a test split.
func (d Data) HasTest() bool {
	return d.Test.Annotations != "" || d.Test.Format == string(labels.Folders) && d.Test.Root != ""
}

// FormatAuto lets the content of an annotation file decide its format (Split.Format).
const FormatAuto = "auto"

// What a cell of a COCO file without annotation means (Data.Missing).
const (
	MissingAbsent  = "absent"
	MissingUnknown = "unknown"
)

func defaultData() Data {
	return Data{
		Train: Split{Format: FormatAuto}, Val: Split{Format: FormatAuto}, Test: Split{Format: FormatAuto},
		Missing: MissingAbsent, Values: "csl", MaxErrors: 1,
		Size: model.DefaultSize, Interpolation: transform.Bilinear.String(), MaxPixels: codec.DefaultMaxPixels, MaxImageMemory: 1 << 30,
	}
}

func (d *Data) settings() []setting {
	formats := []string{FormatAuto}
	for _, f := range labels.Formats() {
		formats = append(formats, string(f))
	}
	return []setting{
		{
			name: "data.train.root", flag: "data", value: text{p: &d.Train.Root},
			meaning: "training images: folder or tar, several as a list or pattern, or a folder laid out as COCO",
		},
		{
			name: "data.train.annotations", flag: "annotations", value: files{&d.Train.Annotations, &d.Train.Later},
			meaning: "training labels; empty = found in a COCO layout or in tar archives; a list (repeat the flag): later labels replace earlier ones",
		},
		{
			name: "data.train.format", flag: "data_format", value: text{&d.Train.Format, formats},
			meaning: "format of the training labels; auto = by content",
		},
		{name: "data.val.root", flag: "val_data", value: text{p: &d.Val.Root}, meaning: "validation images; empty = data.train.root"},
		{
			name: "data.val.annotations", flag: "val_annotations", value: files{&d.Val.Annotations, &d.Val.Later},
			meaning: "validation labels; empty = found in a COCO layout or in tar archives, else no validation; a list as for training",
		},
		{
			name: "data.val.format", value: text{&d.Val.Format, formats},
			meaning: "format of the validation labels; auto = by content",
		},
		{
			name: "data.val.split", flag: "val_split", value: real{&d.HoldOut, limit.UpTo(0.9)},
			meaning: "share of the training images held out for validation, chosen by train.seed; 0 = none",
		},
		{name: "data.test.root", value: text{p: &d.Test.Root}, meaning: "test images; empty = data.train.root"},
		{
			name: "data.test.annotations", flag: "test_annotations", value: files{&d.Test.Annotations, &d.Test.Later},
			meaning: "test labels, scored once at the end of the run and never used to choose; empty = no test; a list as for training",
		},
		{
			name: "data.test.format", value: text{&d.Test.Format, formats},
			meaning: "format of the test labels; auto = by content",
		},
		{
			name: "data.class_descriptions", value: text{p: &d.ClassDescriptions},
			meaning: "class list in Open Images layout (LabelName,DisplayName); empty = from the labels",
		},
		{
			name: "data.missing", value: text{&d.Missing, []string{MissingAbsent, MissingUnknown}},
			meaning: "what a class without annotation means for an image of a COCO file",
		},
		{
			name: "data.values", value: text{&d.Values, []string{"csl", "voc"}},
			meaning: "values of CSV labels: csl = 1, 0, -1 (unknown); voc = 1, -1, 0 (difficult, taken as unknown)",
		},
		{
			name: "data.encoding", flag: "encoding", value: text{p: &d.Encoding},
			meaning: "encoding of text files, such as latin1, gbk or utf-16; empty = UTF-8",
		},
		{
			name: "data.max_errors", flag: "max_errors", value: whole{p: &d.MaxErrors, min: 1},
			meaning: "name up to this many wrong rows of a label file before stopping",
		},
		{name: "data.size", flag: "image_size", value: whole{&d.Size, 32, 4}, meaning: "side of the square input in pixels"},
		{
			name: "data.interpolation", value: text{&d.Interpolation, transform.FilterNames()},
			meaning: "filter of the resize (antialiased, aspect ratio not kept)",
		},
		{
			name: "data.exif_orientation", value: truth{&d.EXIFOrientation},
			meaning: "rotate images as their EXIF tag says; the reference does not",
		},
		{
			name: "data.mean", value: list[float64]{&d.Mean, 3, toFloat, "numbers"},
			meaning: "subtracted from R,G,B scaled to 0..1; empty = nothing, as the reference",
		},
		{
			name: "data.std", value: list[float64]{&d.Std, 3, above0, "numbers above 0"},
			meaning: "R,G,B are divided by it after the mean; empty = nothing",
		},
		{
			name: "data.workers", flag: "workers", short: "j", value: whole{p: &d.Workers},
			meaning: "images decoded at a time; 0 = as many as threads; no effect on results",
		},
		{name: "data.cache", value: text{p: &d.Cache}, meaning: "folder for resized images; empty = none"},
		{
			name: "data.skip_broken", flag: "skip_broken", value: truth{&d.SkipBroken},
			meaning: "skip unreadable images, named and counted, instead of stopping",
			aliases: []alias{{name: "data.skip_bad"}},
		},
		{
			name: "data.keep_unannotated", value: truth{&d.KeepUnannotated},
			meaning: "keep images without annotations as all-negative; the reference drops them",
		},
		{
			name: "data.max_pixels", flag: "max_pixels", value: whole{p: &d.MaxPixels, min: 1},
			meaning: "reject images of more pixels before decoding",
		},
		{
			name: "data.max_image_memory", flag: "max_image_memory", value: whole{p: &d.MaxImageMemory, min: 1},
			meaning: "bytes that images being decoded may take together; reject those that need more before decoding",
		},
	}
}

func above0(raw any) (float64, bool) {
	x, ok := toFloat(raw)
	return x, ok && x > 0
}

// Augment changes training images at random.
type Augment struct {
	Cutout      float64     // side of the filled rectangle over the image's; 0: none
	RandAugment RandAugment // group augment.randaugment
	Flip        float64     // chance of mirroring left to right
}

// RandAugment is torchvision's definition: Ops random operations, each of Magnitude of 31 bins.
type RandAugment struct {
	Ops       int // operations per image; 0 = off
	Magnitude int // strength, 0 to 30
}

func defaultAugment() Augment {
	return Augment{Cutout: 0.5, RandAugment: RandAugment{Ops: 2, Magnitude: 9}}
}

func (a *Augment) settings() []setting {
	return []setting{
		{
			name: "augment.cutout", value: real{&a.Cutout, limit.UpTo(1)},
			meaning: "side of a rectangle filled with one random colour, over the image's side; 0 = none",
		},
		{
			name: "augment.randaugment.ops", value: whole{p: &a.RandAugment.Ops},
			meaning: "random operations per image (torchvision's RandAugment); 0 = none",
		},
		{
			name: "augment.randaugment.magnitude", value: whole{p: &a.RandAugment.Magnitude},
			meaning: "strength of each, 0 to 30",
		},
		{name: "augment.flip", value: real{&a.Flip, limit.UpTo(1)}, meaning: "chance of mirroring left to right; the reference never does"},
	}
}

// Simulate hides labels of fully annotated data.
type Simulate struct {
	Type  string  // SimulateNone or one of the kinds below
	Param float64 // FPC: positives and negatives kept per class; RPS: chance of losing a label; Open Images: see there
	Seed  uint64  // which labels; apart from Train.Seed, so that runs can share labels
}

// Kinds of simulation (Simulate.Type): fixed number per class, random per image, one positive per image, and fewer
// labels of common classes (a class that is present in no more than Param images keeps them all).
const (
	SimulateNone       = "none"
	SimulateFPC        = labels.KindFPC
	SimulateRPS        = labels.KindRPS
	SimulateSingle     = labels.KindSingle
	SimulateOpenImages = labels.KindOpenImages
)

func defaultSimulate() Simulate { return Simulate{Type: SimulateNone, Param: 1000, Seed: 1} }

func (s *Simulate) settings() []setting {
	return []setting{
		{
			name: "simulate.type", flag: "simulate_partial_type",
			value:   text{&s.Type, append([]string{SimulateNone}, labels.SimulateKinds()...)},
			meaning: "fpc keeps a fixed number of labels per class, rps removes each label at random, single keeps one present label per image, openimages fewer labels of common classes",
		},
		{
			name: "simulate.param", flag: "simulate_partial_param", value: atLeast0(&s.Param),
			meaning: "fpc: positives and negatives kept per class; rps: chance of removing a label, 0 to 1; openimages: classes present in more images than this lose labels",
		},
		{name: "simulate.seed", value: seed{&s.Seed}, meaning: "decides which labels are hidden"},
	}
}
