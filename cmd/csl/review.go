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
	list         string // "" for the cells that the model proposes
	propose      proposal
	answers      string
	listen       string
	source       string
	descriptions string
	hideScores   bool
}

func newReviewCommand(s *streams) *cobra.Command {
	o := &reviewOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "review (LIST | --model_path FILE --annotations FILE) --data ROOT --labels FILE",
		Short: "Answer the questions of an audit in a browser",
		Long: `Show the questions of LIST on a local web page and append every answer to the file --labels names, a CSV
of labels. csl audit writes such a list: CSV with image and class, and score, label and reason where
known. Without LIST, a model proposes the questions, as csl audit does.

An answer is on disk before the next question shows; run the same command again to resume. The page
works without network. Its address is printed; it has a secret token and reaches this machine only,
unless --listen says otherwise. Press Ctrl-C to stop.`,
		Example: `  csl review audit.csv --data photos --labels answers.csv
  csl review --model_path runs/a/best.safetensors --data photos --annotations labels.csv --labels answers.csv
  csl train --data photos --annotations labels.csv --annotations answers.csv --out runs/b`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("want one LIST of questions, got %d: %q", len(args), args)
			}
			if len(args) == 1 {
				o.list = args[0]
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return runReview(cmd.Context(), o) },
	}
	o.settings = bindSettings(cmd, "data.train.root", "data.train.annotations", "data.train.format", "data.val.root", "data.val.annotations", "data.val.split",
		"data.workers", "data.skip_broken", "data.encoding", "data.max_errors", "data.max_pixels", "data.max_image_memory", "train.batch", "train.seed")
	fs := cmd.Flags()
	o.propose.bind(fs)
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
	case (o.list == "") == (o.propose.model.Path == ""):
		return usagef("give a LIST of questions (csl audit writes one), or a model that proposes them (--model_path), and not both")
	}
	if err := spare("--labels", o.answers, o.list, o.descriptions, o.propose.model.Path); err != nil {
		return err
	}
	if err := safefile.CheckWritable(o.fs, o.answers); err != nil {
		return err
	}
	questions, err := o.questions(ctx, cfg)
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

// questions are those of the list or, without one, those that the model proposes.
func (o *reviewOptions) questions(ctx context.Context, cfg *config.Config) ([]list.Candidate, error) {
	if o.list != "" {
		return list.Read(ctx, o.list, cfg.Data.Encoding)
	}
	return o.propose.run(ctx, o.streams, cfg)
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
