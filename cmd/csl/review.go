package main

import (
	"context"
	"fmt"

	"csl/internal/audit/list"
	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/labels"
	"csl/internal/review"
	"csl/internal/safefile"

	"github.com/spf13/cobra"
)

// reviewOptions is what "csl review" was asked to do.
type reviewOptions struct {
	*streams
	settings     *settings
	list         string
	answers      string
	listen       string
	source       string
	descriptions string
	hideScores   bool
}

func newReviewCommand(s *streams) *cobra.Command {
	o := &reviewOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "review LIST --data ROOT --labels FILE",
		Short: "Answer the questions of an audit in a browser",
		Long: `Show the questions of LIST (csl audit writes one: CSV with image and class, and score, label and
reason where known) on a local web page and append every answer to FILE, a CSV of labels. An answer is on
disk before the next question shows; run the same command again to go on.

The page works without network. Its address is printed; it has a secret token and reaches this
machine only, unless --listen says otherwise. Press Ctrl-C to stop.`,
		Example: `  csl review audit.csv --data photos --labels answers.csv
  csl train --data photos --annotations labels.csv --annotations answers.csv --out run`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("want one LIST of questions, got %d arguments", len(args))
			}
			o.list = args[0]
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return runReview(cmd.Context(), o) },
	}
	o.settings = bindSettings(cmd, "data.encoding", "data.max_pixels", "data.max_image_memory")
	fs := cmd.Flags()
	config.BindFlagAs(fs, "data", "data.train.root")
	fs.Lookup("data").Usage = "folder or tar of images"
	fs.StringVar(&o.answers, "labels", "", "append answers to `FILE`: CSV image,label,value,time,source; made if it is missing")
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "listen at `HOST:PORT`; port 0 = any free one; a host other than 127.0.0.1 lets other machines in")
	fs.BoolVar(&o.hideScores, "hide_scores", false, "hide score, label and reason of a question until it is answered")
	fs.StringVar(&o.descriptions, "descriptions", "", "show the descriptions of classes in `FILE`: CSV class,description")
	fs.StringVar(&o.source, "source", "review", "write `NAME` as the source of the answers")
	return cmd
}

func runReview(ctx context.Context, o *reviewOptions) error {
	cfg, _, err := o.settings.load()
	if err != nil {
		return err
	}
	switch {
	case cfg.Data.Train.Root == "":
		return usagef("--data is missing: give a folder or tar of images")
	case o.answers == "":
		return usagef("--labels is missing: give a file for the answers; it is made if it is missing")
	}
	if err := notRead("--labels", o.answers, append(cfg.Data.LabelFiles(), o.list, o.descriptions)...); err != nil {
		return err
	}
	if err := safefile.CheckWritable(o.fs, o.answers); err != nil {
		return err
	}
	questions, err := list.Read(ctx, o.list, cfg.Data.Encoding)
	if err != nil {
		return err
	}
	about, err := classTexts(ctx, o.descriptions, cfg.Data.Encoding)
	if err != nil {
		return err
	}
	done, err := review.Run(ctx, review.Options{
		List: questions, Descriptions: about, Root: cfg.Data.Train.Root, Decode: cfg.Data.Decoding(), Answers: o.answers,
		Listen: o.listen, Source: o.source, HideScores: o.hideScores, FS: o.fs, Display: o.display, Ready: o.ready,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "%s saved to %s; of %s: %d yes, %d no, %d unsure, %d left\n", count.Of(done.Saved, "answer"), shown(o.answers),
		count.Of(len(questions), "question"), done.Yes, done.No, done.Unsure, done.Unasked)
	return err
}

// ready prints the address.
func (o *reviewOptions) ready(address string) error {
	_, err := fmt.Fprintln(o.out, address)
	o.log().Info("open this address in a browser; press Ctrl-C to stop")
	return err
}

// classTexts reads descriptions of classes.
func classTexts(ctx context.Context, path, encoding string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	classes, err := labels.Descriptions(ctx, path, encoding, &labels.Report{})
	if err != nil {
		return nil, err
	}
	about := make(map[string]string, len(classes))
	for _, c := range classes {
		about[labels.ClassName(c.ID)] = c.Name
	}
	return about, nil
}
