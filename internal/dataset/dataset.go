// Package dataset joins labels with images: it opens one split of a data set, makes sure before
// any long work that every image is there and is one, and loads batches of it. Formats of labels
// (package labels) and of images (package images) do not belong here.
package dataset

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"

	"csl/internal/images/codec"
	"csl/internal/images/loader"
	"csl/internal/images/source"
	"csl/internal/labels"
	"csl/internal/progress"
)

// The splits of a data set.
const (
	Train = "train"
	Val   = "val"
	Test  = "test" // scored once, at the end of a run
)

// Options says which images and labels to open, and how.
type Options struct {
	Split       string // Train, Val or Test: which part of a COCO layout, and for messages
	Root        string // folder or tar of images, several (see source.Roots), or a folder laid out as COCO
	Annotations string // "" to look for a COCO layout below Root
	// Later are further label files, whose labels replace those of files before them.
	Later  []string
	Format string // "" or "auto" to go by the content; of Annotations alone
	// Classes, if given, is the class list to hold the labels to, by name.
	Classes           []string
	ClassIDs          []string // the ids of Classes, by which labels may call them too; nil for none
	SkipOtherClasses  bool     // whether labels of classes not in Classes are skipped
	ClassDescriptions string   // file of Open Images class descriptions; empty = none
	KeepUnannotated   bool     // whether images without annotation are kept
	// SkipBroken skips images that are missing or broken; else they are an error.
	SkipBroken bool
	Decode     codec.Options
	Workers    int // goroutines for checking; 0: GOMAXPROCS
	// MissingUnknown, Values, Encoding and MaxErrors are those of labels.Options.
	MissingUnknown bool
	Values         labels.Values
	Encoding       string
	// Examples is that of labels.Options.
	Examples int
	// Clash, if given, is told of two names of one image file, which are an error otherwise.
	Clash     func(error)
	MaxErrors int
	// Display shows the check's progress and the reader's report; nil for silence.
	Display *progress.Display
}

// Split is a split whose images were found.
type Split struct {
	// Set has the labels of the usable images.
	Set    *labels.Set
	Source source.Source
	// Root and Annotations are where they were found.
	Root, Annotations string
	// Skipped lists the skipped images; samples are numbered as in the annotations.
	Skipped []loader.Skipped
	// Report says what the reader of the labels found; nil for a part of another split.
	Report *labels.Report

	caches []*loader.Cache // of the loaders made so far
	files  string          // digest of sizes and times of all image files
	shared bool            // the source is another split's
}

// Open reads the labels and checks the images by their headers. Without SkipBroken an image that is
// missing or broken is an error that counts them and names the first.
func Open(ctx context.Context, o Options) (*Split, error) {
	c := &Split{}
	var err error
	if c.Annotations, c.Root, err = o.find(); err != nil {
		return nil, err
	}
	read, err := o.Labels(c.Annotations)
	if err != nil {
		return nil, err
	}
	set, report, err := Labels(ctx, read)
	if err != nil {
		return nil, err
	}
	c.Set, c.Report = set, report
	if o.Display != nil {
		LogReport(o.Display.Log(), o.Split+" labels", report)
	}
	if c.Source, err = source.Open(ctx, c.Root); err != nil {
		return nil, err
	}
	if err := c.check(ctx, o); err != nil {
		return nil, errors.Join(err, c.Source.Close())
	}
	return c, nil
}

// LogReport logs on one line what a reader of labels found, and each likely mistake as a warning. subject says what was read.
func LogReport(log *slog.Logger, subject string, report *labels.Report) {
	log.Info(subject + ": " + joined(report.String()))
	for _, note := range report.Notes {
		if note.Kind.IsWarning() {
			log.Warn(subject + ": " + note.String())
		}
	}
}

// Find is the annotation file: the one that was named, or that of a folder laid out as COCO.
func (o Options) Find() (path string, err error) {
	path, _, err = o.find()
	return path, err
}

// find is the annotation file and the root of the images.
func (o Options) find() (annotations, root string, err error) {
	switch {
	case o.Annotations != "":
		return o.Annotations, o.Root, nil
	case o.Format == string(labels.Folders):
		return o.Root, o.Root, nil
	case o.Format == string(labels.WebDataset) || areTars(o.Root):
		return o.Root, o.Root, nil
	}
	if err := notPacked(o.Root); err != nil {
		return "", "", err
	}
	annotations, root, err = labels.FindCOCO(o.Root, o.Split)
	if err != nil && isAuto(o.Format) && areClassFolders(o.Root) {
		return o.Root, o.Root, nil
	}
	return annotations, root, err
}

// isAuto tells whether the content decides a format.
func isAuto(format string) bool { return format == "" || format == "auto" }

// Labels are the options of reading an annotation file.
func (o Options) Labels(path string) (labels.Options, error) {
	format, err := labels.ParseFormat(o.Format)
	return labels.Options{
		Path: path, Later: o.Later, Format: format, Classes: o.Classes, ClassIDs: o.ClassIDs, SkipOtherClasses: o.SkipOtherClasses,
		ClassDescriptions: o.ClassDescriptions, Split: o.Split, KeepUnannotated: o.KeepUnannotated,
		MissingUnknown: o.MissingUnknown, Values: o.Values, Encoding: o.Encoding, Examples: o.Examples, MaxErrors: o.MaxErrors,
	}, err
}

// Labels is [labels.Open], for folders of images [labels.FromFolders], for tar archives [labels.FromShards], with errors of
// one line.
func Labels(ctx context.Context, o labels.Options) (*labels.Set, *labels.Report, error) {
	if err := notPacked(o.Path); err != nil && o.Format == labels.Auto {
		return nil, nil, fmt.Errorf("read labels: %w", err)
	}
	read := labels.Open
	switch {
	case o.Format == labels.Folders, o.Format == labels.Auto && areClassFolders(o.Path):
		read = folders
	case o.Format == labels.WebDataset, o.Format == labels.Auto && areTars(o.Path):
		read = shards
	}
	set, report, err := read(ctx, o)
	if err != nil {
		return nil, nil, oneLine(err)
	}
	return set, report, nil
}

// folders takes the names of images in a folder or tar as their labels.
func folders(ctx context.Context, o labels.Options) (*labels.Set, *labels.Report, error) {
	src, err := source.Open(ctx, o.Path)
	if err != nil {
		return nil, nil, err
	}
	names, err := src.Names()
	if err = errors.Join(err, src.Close()); err != nil {
		return nil, nil, err
	}
	set, report, err := labels.FromFolders(names, o)
	if err != nil {
		return nil, nil, err
	}
	set, err = labels.Extend(ctx, set, report, o)
	return set, report, err
}

// shards reads the labels beside the images in tar archives.
func shards(ctx context.Context, o labels.Options) (*labels.Set, *labels.Report, error) {
	paths, err := source.Roots(o.Path)
	if err != nil {
		return nil, nil, err
	}
	names, err := source.RootNames(paths)
	if err != nil {
		return nil, nil, err
	}
	all := make([]labels.Shard, len(paths))
	for i, path := range paths {
		all[i] = labels.Shard{Path: path, Name: names[i]}
		if !source.IsTar(path) {
			return nil, nil, fmt.Errorf("read labels: %q is not a tar archive (a compressed one has to be unpacked first)", path)
		}
	}
	return labels.FromShards(ctx, all, o)
}

// notPacked is an error for a pattern that matches nothing, and for archives in which labels beside images are not looked
// for.
func notPacked(root string) error {
	paths, err := source.Roots(root)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && source.IsArchive(path) && !source.IsTar(path) {
			return fmt.Errorf("%q is not a plain tar archive, in which labels are looked for beside the images: unpack it (gunzip, unzip), or name the label file with --annotations", path)
		}
	}
	return nil
}

// areTars tells whether a root names tar archives and nothing else.
func areTars(root string) bool {
	paths, err := source.Roots(root)
	if err != nil || root == "" {
		return false
	}
	for _, path := range paths {
		if !source.IsTar(path) {
			return false
		}
	}
	return true
}

// oneLine joins the lines of an error that carries a report.
func oneLine(err error) error {
	if !strings.Contains(err.Error(), "\n") {
		return err
	}
	return lineError{joined(err.Error()), err}
}

// joined makes one line of several.
func joined(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		parts = append(parts, strings.TrimSpace(line))
	}
	return strings.Join(parts, "; ")
}

// lineError shows another text for an error.
type lineError struct {
	text string
	error
}

func (e lineError) Error() string { return e.text }
func (e lineError) Unwrap() error { return e.error }

// check finds images that cannot be used and takes them out of the set.
func (c *Split) check(ctx context.Context, o Options) error {
	var task *progress.Task
	if o.Display != nil {
		task = o.Display.Start("checking "+o.Split+" images", "img", int64(c.Set.Len()))
	}
	f := files{set: c.Set}
	var rotated atomic.Int64
	skipped, err := loader.Check(ctx, c.Source, c.Set, loader.Checks{
		Decode: o.Decode, Workers: o.Workers, Progress: func(int, int) { task.Add(1) }, Found: f.note,
		Seen: func(_ int, info codec.Info) {
			if o.Decode.LeavesRotated(info) {
				rotated.Add(1)
			}
		},
	})
	task.Done()
	if err != nil {
		return err
	}
	for _, clash := range f.clashes(c.Source) {
		if o.Clash == nil {
			return clash
		}
		o.Clash(clash)
	}
	c.files = f.stamps.String()
	if f.moved > 0 && o.Display != nil {
		o.Display.Log().Info(f.String())
	}
	for _, note := range c.Source.Notes() {
		if o.Display != nil {
			o.Display.Log().Warn(note)
		}
	}
	if n := int(rotated.Load()); n > 0 && o.Display != nil {
		o.Display.Log().Warn(o.Split + ": " + loader.RotatedWarning(n, c.Set.Len(), "data.exif_orientation: true"))
	}
	if len(skipped) == 0 {
		return nil
	}
	problem := loader.SkippedError(skipped, c.Set.Len())
	if !o.SkipBroken {
		return fmt.Errorf("%w (--skip_broken skips them)", problem)
	}
	if len(skipped) == c.Set.Len() {
		return problem
	}
	drop := make(map[int]bool, len(skipped))
	for _, b := range skipped {
		drop[b.Sample] = true
	}
	c.Set, c.Skipped = c.Set.Filter(func(i int) bool { return !drop[i] }), skipped
	if o.Display != nil {
		o.Display.Log().Warn("skipped: " + problem.Error())
	}
	return nil
}

// Close closes the images and their caches. Loaders of the split must not be in use.
func (c *Split) Close() error {
	var errs []error
	for _, k := range c.caches {
		errs = append(errs, k.Close())
	}
	if !c.shared {
		errs = append(errs, c.Source.Close())
	}
	return errors.Join(errs...)
}

// Names are the names of the classes in order.
func (c *Split) Names() []string { return c.Set.ClassNames() }
