package main

import (
	"context"
	"path/filepath"

	"csl/internal/graph"
	reporting "csl/internal/report" // report is the function that ends a command
	"csl/internal/rundir"

	"github.com/spf13/cobra"
)

// imagesShown is how many predicted images a report has unless the user says.
const imagesShown = 12

// cellsListed is how many of the worst errors and likely missing labels a report has unless the user says.
const cellsListed = 12

// mostCellsListed keeps pages small enough to open.
const mostCellsListed = 1000

// reportOptions is what "csl report" was asked to do.
type reportOptions struct {
	*streams
	runs   []string
	page   string
	format string
	images int
	listed int
	scored int
}

func newReportCommand(s *streams) *cobra.Command {
	o := &reportOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "report RUN [RUN...]",
		Short: "Compare training runs in a table and a web page",
		Long: `Compare training runs: a table on standard output, and one HTML page that opens offline, with
curves, results per class, the worst errors, likely missing labels, the class prior and predicted
validation images; runs on the same data are compared image by image. RUN is a run directory
(train.out). Relative paths of data are resolved against the current directory, as in training.`,
		Example: `  csl report outputs
  csl report runs/ignore runs/negative runs/selective --out compare.html`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("no run given: csl report RUN [RUN...]")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.runs = args
			return runReport(cmd.Context(), o)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&o.page, "out", "", "write the page to `FILE`; empty = report.html, in the run directory if there is one run")
	fs.StringVar(&o.format, "format", formatText, "print the table as text or json")
	fs.IntVar(&o.images, "images", imagesShown, "show this many predicted validation images")
	fs.IntVar(&o.listed, "errors", cellsListed, "show this many of the worst errors of each kind, and of the likeliest missing labels")
	fs.IntVar(&o.scored, "score_images", 0, "score this many validation images for results per class; 0 = as many as take a few seconds")
	return cmd
}

func runReport(ctx context.Context, o *reportOptions) error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	if o.images < 0 || o.listed < 0 || o.scored < 0 {
		return usagef("--images %d, --errors %d, --score_images %d: must be at least 0", o.images, o.listed, o.scored)
	}
	if o.listed > mostCellsListed {
		return usagef("--errors %d: must be at most %d, as each is an image on the page", o.listed, mostCellsListed)
	}
	if o.page == "" {
		o.page = rundir.Report
		if len(o.runs) == 1 {
			o.page = filepath.Join(o.runs[0], rundir.Report)
		}
	}
	var own []string // whose page it may replace
	if filepath.Base(o.page) == rundir.Report {
		own = o.runs
	}
	if err := notOfARun("--out", o.page, own...); err != nil {
		return err
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	s, err := reporting.Write(ctx, reporting.Options{
		Runs: o.runs, Out: o.page, Images: o.images, Listed: o.listed, Scored: o.scored,
		Backend: be, Display: o.display, FS: o.fs, Garbage: garbageHooks(), Version: version(),
	})
	if err != nil {
		return err
	}
	for _, line := range s.Missing {
		o.log().Warn("not in the report: " + line)
	}
	if o.format == formatJSON {
		return s.WriteJSON(o.out)
	}
	if err := s.WriteText(o.out); err != nil {
		return err
	}
	o.log().Info("wrote " + s.Page)
	return nil
}

// reportRun leaves a page in the folder of a run that ended. What the page lacks, it says itself.
func reportRun(ctx context.Context, s *streams, be graph.Host, dir string) error {
	_, err := reporting.Write(ctx, reporting.Options{
		Runs: []string{dir}, Out: filepath.Join(dir, rundir.Report), Images: imagesShown, Listed: cellsListed,
		Backend: be, Display: s.display, FS: s.fs, Garbage: garbageHooks(), Version: version(),
	})
	return err
}
