package main

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/safefile"

	"github.com/spf13/cobra"
)

// Kinds of what "csl data check" finds.
const (
	foundUnusable     = "image that cannot be used"
	foundSameContent  = "image with the content of another one"
	foundLeak         = "validation image that training has, too"
	foundUnlabelled   = "image without labels"
	foundNeverPresent = "class that is never present"
	foundNeverAbsent  = "class that is never absent"
	foundNearContent  = "image that looks like another one"
	foundOddSize      = "image of an unusual size"
	foundContradicted = "label that is both present and absent"
	foundSpellings    = "image that has two names"
)

// finding is one thing that a person should look at.
type finding struct {
	Kind   string `json:"kind"`
	Split  string `json:"split"`
	Name   string `json:"name"` // of the image or class
	Detail string `json:"detail,omitempty"`
}

// checkOptions is what "csl data check" was asked to do.
type checkOptions struct {
	*streams
	labels   labelFlags
	noImages bool
	near     bool
	most     int
	out      string
	format   string
	found    []finding
}

func newDataCheckCommand(s *streams) *cobra.Command {
	o := &checkOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "check --annotations FILE --data ROOT",
		Short: "Look for mistakes in labels and images",
		Long: `Look for images that are missing or broken, the same content twice or in training and validation,
images of unusual sizes and without labels, contradictions, one image under two names, and classes that
are never present or never absent. Exit code 3 says that something was found.`,
		Example: `  csl data check --annotations labels.csv --data photos --set data.val.annotations=val.csv
  csl data check --annotations labels.csv --no_images --out findings.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDataCheck(cmd.Context(), o) },
	}
	o.labels = bindLabels(cmd)
	fs := cmd.Flags()
	config.BindFlags(fs, "data.workers", "data.max_pixels")
	fs.Lookup("data").Usage = "images: folder or tar, several as a list or pattern, or a folder laid out as COCO"
	fs.BoolVar(&o.noImages, "no_images", false, "check labels alone")
	fs.BoolVar(&o.noImages, "no_pictures", false, "the same as --no_images")
	_ = fs.MarkHidden("no_pictures") // it was defined just now
	fs.BoolVar(&o.near, "near_duplicates", false, "also decode images and look for nearly the same ones (a perceptual hash)")
	fs.IntVar(&o.most, "most", 5, "show this many findings of each kind in the text")
	fs.StringVarP(&o.out, "out", "o", "", "write all findings to `FILE`: CSV kind,split,name,detail")
	fs.StringVar(&o.format, "format", formatText, "print findings as text or json")
	return cmd
}

func runDataCheck(ctx context.Context, o *checkOptions) error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	if o.most < 0 {
		return usagef("--most %d: must be at least 0", o.most)
	}
	cfg, _, err := o.labels.settings.load()
	if err != nil {
		return err
	}
	if err := spare("--out", o.out, cfg.Data.LabelFiles()...); err != nil {
		return err
	}
	train := dataset.FromConfig(cfg.Data, dataset.Train)
	if train.Annotations == "" && train.Root == "" {
		return usagef("--annotations is missing: give a file of labels")
	}
	if !o.noImages && train.Root == "" {
		return usagef("--data is missing: give a folder or tar of images, or --no_images to check labels alone")
	}
	seen := &sightings{files: map[[sha256.Size]byte]finding{}}
	if err := o.check(ctx, train, seen); err != nil {
		return err
	}
	if val := dataset.FromConfig(cfg.Data, dataset.Val); val.Annotations != "" {
		if err := o.check(ctx, val, seen); err != nil {
			return err
		}
	}
	return o.report()
}

// check looks at one split. seen are the contents of images so far.
func (o *checkOptions) check(ctx context.Context, d dataset.Options, seen *sightings) error {
	d.Display, d.SkipBroken, d.KeepUnannotated, d.Examples = o.display, true, true, math.MaxInt
	d.Clash = func(err error) { o.found = append(o.found, finding{foundSpellings, d.Split, "", err.Error()}) }
	if o.noImages {
		path, err := d.Find()
		if err != nil {
			return err
		}
		read, err := d.Labels(path)
		if err != nil {
			return err
		}
		set, report, err := dataset.Labels(ctx, read)
		if err != nil {
			return err
		}
		o.checkNotes(d.Split, report)
		o.checkLabels(d.Split, set)
		return nil
	}
	split, err := dataset.Open(ctx, d)
	if err != nil {
		return err
	}
	for _, s := range split.Skipped {
		o.found = append(o.found, finding{foundUnusable, d.Split, s.Name, s.Why()})
	}
	o.checkNotes(d.Split, split.Report)
	o.checkLabels(d.Split, split.Set)
	return errors.Join(o.checkContents(ctx, d, split, seen), split.Close())
}

// checkLabels looks at labels alone.
func (o *checkOptions) checkLabels(split string, set *labels.Set) {
	o.checkNames(split, set)
	for i := range set.Len() {
		labelled := false
		set.Annotated(i, func(int, labels.State) { labelled = true })
		if !labelled {
			o.found = append(o.found, finding{foundUnlabelled, split, set.ImageName(i), ""})
		}
	}
	for i, c := range set.Stats().Classes {
		name := set.Classes[i].Name
		if c.Positives == 0 {
			o.found = append(o.found, finding{foundNeverPresent, split, name, count.Of(c.Negatives, "absent label")})
		}
		if c.Negatives == 0 {
			o.found = append(o.found, finding{foundNeverAbsent, split, name, count.Of(c.Positives, "present label")})
		}
	}
}

// report writes the findings. The error makes exit code 3 if there are any.
func (o *checkOptions) report() error {
	if o.out != "" {
		if err := safefile.Write(o.fs, o.out, o.writeCSV); err != nil {
			return err
		}
	}
	if o.format == formatJSON {
		e := json.NewEncoder(o.streams.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(struct {
			Findings []finding `json:"findings"`
		}{append([]finding{}, o.found...)}); err != nil {
			return err
		}
	} else if err := o.writeText(o.streams.out); err != nil {
		return err
	}
	if len(o.found) > 0 {
		return &skippedError{fmt.Errorf("%s found", count.Of(len(o.found), "problem"))}
	}
	return nil
}

// writeText counts the findings of each kind and then shows the first few of each.
func (o *checkOptions) writeText(w io.Writer) error {
	if len(o.found) == 0 {
		_, err := fmt.Fprintln(w, "nothing found")
		return err
	}
	var b strings.Builder
	var kinds []string
	byKind := map[string][]finding{}
	for _, f := range o.found {
		if byKind[f.Kind] == nil {
			kinds = append(kinds, f.Kind)
		}
		byKind[f.Kind] = append(byKind[f.Kind], f)
	}
	for _, kind := range kinds {
		fmt.Fprintf(&b, "%6d  %s\n", len(byKind[kind]), kind)
	}
	for _, kind := range kinds {
		few := byKind[kind][:min(o.most, len(byKind[kind]))]
		if len(few) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s", kind)
		if n := len(byKind[kind]); n > len(few) {
			fmt.Fprintf(&b, " (%d of %d; --most or --out shows more)", len(few), n)
		}
		b.WriteByte('\n')
		for _, f := range few {
			text := strings.TrimSpace(f.Split + " " + shown(f.Name))
			if f.Detail != "" {
				text += ": " + shown(f.Detail)
			}
			fmt.Fprintln(&b, "  "+text)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (o *checkOptions) writeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"kind", "split", "name", "detail"}); err != nil {
		return err
	}
	for _, f := range o.found {
		if err := c.Write([]string{f.Kind, f.Split, f.Name, f.Detail}); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
