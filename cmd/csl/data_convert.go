package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"csl/internal/count"
	"csl/internal/labels"
	"csl/internal/safefile"

	"github.com/spf13/cobra"
)

// Ways to write what a format cannot say (--unknown_as).
const (
	unknownNegative = "negative"
	unknownDrop     = "drop"
)

// convertOptions is what "csl data convert" was asked to do.
type convertOptions struct {
	*streams
	labels    labelFlags
	to, out   string
	unknownAs string
	split     []float64
	seed      uint64
}

func newDataConvertCommand(s *streams) *cobra.Command {
	o := &convertOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "convert --annotations FILE --to FORMAT --out FILE",
		Short: "Write labels in another format",
		Long: `Write labels in another format without losing a state. COCO's format has no unknown:
--unknown_as says what to write instead. Images and classes of which nothing is known are lost in
formats that only list what is known; such losses are counted. --split deals the images out so that each
class is present in about the same share of each part, rare classes in all of them (iterative
stratification), and writes a file for each part: those that --out lists, or labels-1.csv,
labels-2.csv and so on for --out labels.csv.`,
		Example: `  csl data convert --annotations labels.csv --to jsonl --out labels.jsonl
  csl data convert --annotations Annotations/ --to wide --out labels.csv
  csl data convert --annotations labels.csv --to csv --split 0.9,0.1 --out train.csv,val.csv
  csl data convert --annotations partial.csv --to coco --unknown_as negative --out instances.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDataConvert(cmd.Context(), o) },
	}
	o.labels = bindLabels(cmd)
	fs := cmd.Flags()
	fs.StringVar(&o.to, "to", "", "write this `FORMAT`: "+writableNames())
	fs.StringVarP(&o.out, "out", "o", "", "write to `FILE`, for voc a new folder; with --split one for each part, or one to number")
	fs.Float64SliceVar(&o.split, "split", nil, "split into parts with these `SHARES` of the images, such as 0.9,0.1")
	fs.Uint64Var(&o.seed, "seed", 1, "with --split: choose the images of each part by this seed")
	fs.StringVar(&o.unknownAs, "unknown_as", "", "for formats without unknown: negative = write unknown as absent, drop = skip images with unknown classes")
	return cmd
}

// writable are the formats that can be written.
func writable() []labels.Format { return append(labels.Writable(), labels.VOCXML) }

func writableNames() string {
	var all []string
	for _, f := range writable() {
		all = append(all, string(f))
	}
	return strings.Join(all, ", ")
}

// checkOutput refuses an --out or --to that no label file can be written to.
func checkOutput(out string, to labels.Format) error {
	switch {
	case out == "":
		return usagef("--out is missing: give a file to write")
	case !slices.Contains(writable(), to):
		return usagef("--to %q: must be %s", to, writableNames())
	}
	return nil
}

func runDataConvert(ctx context.Context, o *convertOptions) error {
	to := labels.Format(o.to)
	if err := checkOutput(o.out, to); err != nil {
		return err
	}
	if o.unknownAs != "" && o.unknownAs != unknownNegative && o.unknownAs != unknownDrop {
		return usagef("--unknown_as %q: must be negative or drop", o.unknownAs)
	}
	files := []string{o.out}
	if o.split != nil {
		var err error
		if files, err = partFiles(o.out, len(o.split)); err != nil {
			return err
		}
	}
	set, _, cfg, err := o.labels.open(ctx, o.streams)
	if err != nil {
		return err
	}
	if to == labels.OpenImages {
		for _, file := range files {
			files = append(files, descriptionsFile(file))
		}
	}
	for _, file := range files {
		if err := spare("--out", file, append(cfg.Data.Train.LabelFiles(), cfg.Data.ClassDescriptions)...); err != nil {
			return err
		}
	}
	if set, err = expressible(set, to, o.unknownAs, o.streams); err != nil {
		return err
	}
	if o.split == nil {
		return writeLabels(o.streams, set, to, o.out)
	}
	return o.writeParts(set, to)
}

// expressible is the set as a format can say it.
func expressible(set *labels.Set, to labels.Format, unknownAs string, s *streams) (*labels.Set, error) {
	unknown := set.Stats().Total.Unknown
	switch {
	case unknown == 0 || unknownAs == "" && to.HoldsUnknown():
		return set, nil
	case unknownAs == unknownNegative:
		s.log().Warn(fmt.Sprintf("%s written as absent", count.Of(unknown, "unknown cell")))
		return set.Known(), nil
	case unknownAs == unknownDrop:
		kept := set.Filter(set.Complete)
		if kept.Len() == 0 {
			return nil, errors.New("--unknown_as drop: every image has unknown classes")
		}
		s.log().Warn(fmt.Sprintf("%s with unknown classes skipped", count.Of(set.Len()-kept.Len(), "image")))
		return kept, nil
	}
	return nil, fmt.Errorf("%s of the labels are unknown, which the format %s cannot store: --unknown_as negative writes them as absent, --unknown_as drop skips images that have any", count.Of(unknown, "cell"), to)
}

// writeLabels writes a set and says what was written and what is lost.
func writeLabels(s *streams, set *labels.Set, to labels.Format, path string) error {
	if images, classes := set.Lost(to); images+classes > 0 {
		s.log().Warn(fmt.Sprintf("the format %s does not keep %s and %s without known labels", to, count.Of(images, "image"), count.Of(classes, "class")))
	}
	if to == labels.CVAT && set.Stats().Total.Unknown > 0 {
		s.log().Warn("classes that the file does not mention are unknown: read it with --set data.missing=unknown")
	}
	write := func() error {
		return safefile.Write(s.fs, path, func(w io.Writer) error { return set.Write(w, to) })
	}
	if to == labels.VOCXML {
		write = func() error { return set.WriteVOC(s.fs, path) }
	}
	if err := write(); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.out, "%s: %s, %s (%s)\n", path, count.Of(set.Len(), "image"), count.Of(set.NumClasses(), "class"), to); err != nil {
		return err
	}
	if to != labels.OpenImages || !described(set) {
		return nil
	}
	names := descriptionsFile(path)
	if err := safefile.Write(s.fs, names, set.WriteDescriptions); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.out, "%s: names of the classes (data.class_descriptions)\n", names)
	return err
}

// descriptionsFile is the file of class names beside a file of Open Images' labels.
func descriptionsFile(path string) string {
	return strings.TrimSuffix(path, ".csv") + "-class-descriptions.csv"
}

// described tells whether classes have names beside their ids.
func described(set *labels.Set) bool {
	return slices.ContainsFunc(set.Classes, func(c labels.Class) bool { return c.ID != "" && c.ID != c.Name })
}
