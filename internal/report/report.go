package report

import (
	"context"
	"fmt"
	"io"

	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// Options says what to report on.
type Options struct {
	Runs []string // folders of training runs, in the order of the tables
	Out  string   // the page's file
	// Images is how many predicted validation images the page shows; 0 for none.
	Images int
	// Listed is how many of the worst errors of each kind, and of the likeliest missing labels, the page shows; 0 for
	// none.
	Listed int
	// Scored limits the validation images that are run through each model for per-class results;
	// they are spread evenly over the set. 0 means as many as take seconds to a minute: 100
	// megapixels of network input.
	Scored  int
	Backend graph.Host
	Display *progress.Display
	FS      safefile.FS
	Garbage garbage.Hooks
	Version string // of csl, for the page
}

// Summary is the comparison table.
type Summary struct {
	Runs []Row `json:"runs"` // one row per run
	// Repeats sums up runs that differ by their seeds alone.
	Repeats []Repeat `json:"repeats"`
	// Best is the place in Runs of the run with the highest monitored metric; -1 if no run has one.
	Best int    `json:"best"`
	Page string `json:"page"` // file of the page
	// Missing says, a line each, what the page lacks and why.
	Missing []string `json:"missing"`
}

// Write reads the runs, writes the page and returns the table. A folder that holds no run is an
// error. What a run lacks (it was interrupted, its data moved) is omitted, and Missing says so.
func Write(ctx context.Context, o Options) (*Summary, error) {
	if len(o.Runs) == 0 {
		return nil, fmt.Errorf("report: no run given")
	}
	runs, err := loadRuns(o.Runs)
	if err != nil {
		return nil, err
	}
	best := bestOf(runs)
	for i, r := range runs {
		thumbnails, listed := 0, 0
		if i == max(best, 0) {
			thumbnails, listed = o.Images, o.Listed
		}
		if err := r.score(ctx, &o, thumbnails, listed); err != nil {
			return nil, err
		}
	}
	pairs, err := compareRuns(ctx, runs, runs[max(best, 0)], o.Backend.Threads())
	if err != nil {
		return nil, err
	}
	s := &Summary{Best: best, Page: o.Out, Missing: []string{}}
	for _, r := range runs {
		s.Runs = append(s.Runs, r.row())
		s.Missing = append(s.Missing, r.missing...)
	}
	s.Repeats = repeats(runs, s.Runs)
	p := newPage(runs, pairs, s, o.Version)
	if err := safefile.Write(o.FS, o.Out, func(w io.Writer) error { return p.write(w) }); err != nil {
		return nil, err
	}
	return s, nil
}
