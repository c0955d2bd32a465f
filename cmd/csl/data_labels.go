package main

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/labels"

	"github.com/spf13/cobra"
)

// labelFlags name the labels that a command of "csl data" reads.
type labelFlags struct{ settings *settings }

// bindLabels adds the flags.
func bindLabels(cmd *cobra.Command) labelFlags {
	l := labelFlags{bindSettings(cmd, "data.train.annotations", "data.train.format", "data.encoding", "data.max_errors")}
	fs := cmd.Flags()
	config.BindFlagAs(fs, "data", "data.train.root")
	fs.Lookup("data").Usage = "folder laid out as COCO, one with a folder per class (--data_format folders), or tar archives with labels in them"
	fs.Lookup("annotations").Usage = "labels: a file, a folder of VOC's XML files, or tar archives by a pattern; empty = found in a COCO layout or in the archives of --data"
	fs.Lookup("data_format").Usage = "format of the labels; auto = by content (auto|" + formatNames("|") + ")"
	return l
}

// open reads the labels and logs what was found.
func (l labelFlags) open(ctx context.Context, s *streams) (*labels.Set, *labels.Report, *config.Config, error) {
	cfg, _, err := l.settings.load()
	if err != nil {
		return nil, nil, nil, err
	}
	o := dataset.FromConfig(cfg.Data, dataset.Train)
	if o.Annotations == "" && o.Root == "" {
		return nil, nil, nil, usagef("--annotations is missing: give a file of labels")
	}
	path, err := o.Find()
	if err != nil {
		return nil, nil, nil, err
	}
	read, err := o.Labels(path)
	if err != nil {
		return nil, nil, nil, err
	}
	read.Split = "" // all of the file, whatever it says of training and validation
	set, report, err := dataset.Labels(ctx, read)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, note := range report.Notes {
		if note.Kind.IsWarning() {
			s.log().Warn(note.String())
		} else {
			s.log().Info(note.String())
		}
	}
	return set, report, cfg, nil
}

// shown is a name as a terminal may show it.
func shown(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}
