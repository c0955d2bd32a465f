package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"csl/internal/count"
	"csl/internal/labels"

	"github.com/spf13/cobra"
)

// dataStatsOptions is what "csl data stats" was asked to do.
type dataStatsOptions struct {
	*streams
	labels labelFlags
	top    int
	format string
	page   string
}

func newDataStatsCommand(s *streams) *cobra.Command {
	o := &dataStatsOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "stats --annotations FILE",
		Short: "Count labels by class and image",
		Long: `Count present, absent and unknown labels of each class, labels of each image, and classes that
are present together (lift: how many times as often as if they had nothing to do with each other),
and classes that limits would touch: fpc (simulate.type) and thresholds of a prior. --out draws them on
an HTML page that is complete in itself. Images are not needed.`,
		Example: "  csl data stats --annotations labels.csv\n  csl data stats --annotations labels.csv --out stats.html\n  csl data stats --data coco --format json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runDataStats(cmd.Context(), o) },
	}
	o.labels = bindLabels(cmd)
	fs := cmd.Flags()
	fs.IntVar(&o.top, "top", 20, "show this many classes and pairs of classes in the text; 0 = all classes, no pairs")
	fs.StringVarP(&o.page, "out", "o", "", "also draw an HTML page, `FILE`")
	fs.StringVar(&o.format, "format", formatText, "print counts as text or json")
	return cmd
}

// labelStats is what "csl data stats --format json" writes.
type labelStats struct {
	Path       string       `json:"path"`
	Format     string       `json:"format"`
	Images     int          `json:"images"`
	Unlabelled int          `json:"images_without_labels"`
	Known      float64      `json:"known_share"`      // of all cells, 0 to 1
	PerImage   float64      `json:"labels_per_image"` // present ones, on average
	Histogram  []int        `json:"images_by_labels"` // by their number of present labels, from 0
	Classes    []classStats `json:"classes"`          // in the order of the file
	Pairs      []pairStats  `json:"together"`         // most frequent first
	LongTail   []int64      `json:"long_tail"`        // present labels of each class, most first

	FPC    []touchedStats `json:"fpc"`        // classes that lose labels with fpc of that many
	Shares []touchedStats `json:"thresholds"` // classes present in at least that share of images
}

type classStats struct {
	Name      string `json:"name"`
	Positives int64  `json:"positives"`
	Negatives int64  `json:"negatives"`
	Unknown   int64  `json:"unknown"`

	Known float64 `json:"known_share"` // 0 to 1
}

type pairStats struct {
	A     string  `json:"a"`
	B     string  `json:"b"`
	Count int64   `json:"images"`
	Lift  float64 `json:"lift"`
}

func runDataStats(ctx context.Context, o *dataStatsOptions) error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	if o.top < 0 {
		return usagef("--top %d: must be at least 0", o.top)
	}
	set, report, cfg, err := o.labels.open(ctx, o.streams)
	if err != nil {
		return err
	}
	if err := spare("--out", o.page, cfg.Data.Train.LabelFiles()...); err != nil {
		return err
	}
	st := statsOf(set, report, o.top)
	if o.page != "" {
		if err := o.writePage(&st); err != nil {
			return err
		}
	}
	if o.format == formatJSON {
		e := json.NewEncoder(o.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(st)
	}
	return st.write(o.out, o.top)
}

func statsOf(set *labels.Set, report *labels.Report, top int) labelStats {
	st := set.Stats()
	out := labelStats{
		Path: report.Path, Format: string(report.Format), Images: st.Images, Unlabelled: st.Unlabelled,
		Known: st.AnnotatedShare(), PerImage: st.LabelsPerImage(), Histogram: st.Positives, Pairs: []pairStats{},
		LongTail: longTail(st), FPC: fpcTouched(st), Shares: shareTouched(st),
	}
	for i, c := range st.Classes {
		out.Classes = append(out.Classes, classStats{set.Classes[i].Name, c.Positives, c.Negatives, c.Unknown, float64(c.Annotated()) / float64(max(1, c.Annotated()+c.Unknown))})
	}
	for _, p := range set.TopPairs(top) {
		out.Pairs = append(out.Pairs, pairStats{set.Classes[p.A].Name, set.Classes[p.B].Name, p.Count, p.Lift})
	}
	return out
}

// write is the text for people.
func (st *labelStats) write(out io.Writer, top int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s (%s): %s, %s\n\n", st.Path, st.Format, count.Of(st.Images, "image"), count.Of(len(st.Classes), "class"))
	fmt.Fprintf(w, "known cells\t%.2f %%\n", 100*st.Known)
	fmt.Fprintf(w, "present labels per image\t%.2f\n", st.PerImage)
	fmt.Fprintf(w, "images without labels\t%d\n", st.Unlabelled)
	noPositive, noNegative := 0, 0
	for _, c := range st.Classes {
		noPositive += asInt(c.Positives == 0)
		noNegative += asInt(c.Negatives == 0)
	}
	fmt.Fprintf(w, "classes never present\t%d\n", noPositive)
	fmt.Fprintf(w, "classes never absent\t%d\n", noNegative)
	st.writeLimits(w)
	fmt.Fprintln(w)
	fmt.Fprintf(w, "labels\timages\n")
	for n, images := range st.Histogram {
		if images > 0 {
			fmt.Fprintf(w, "%d\t%d\n", n, images)
		}
	}
	sorted := slices.Clone(st.Classes)
	slices.SortStableFunc(sorted, func(a, b classStats) int { return cmp.Compare(b.Positives, a.Positives) })
	if top > 0 {
		sorted = sorted[:min(top, len(sorted))]
	}
	fmt.Fprintf(w, "\nclass\tpresent\tabsent\tunknown\n")
	for _, c := range sorted {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", shown(c.Name), c.Positives, c.Negatives, c.Unknown)
	}
	if more := len(st.Classes) - len(sorted); more > 0 {
		fmt.Fprintf(w, "(%s more: --top 0)\n", count.Of(more, "class"))
	}
	if len(st.Pairs) > 0 {
		fmt.Fprintf(w, "\ntogether\t\timages\tlift\n")
	}
	for _, p := range st.Pairs {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.2f\n", shown(p.A), shown(p.B), p.Count, p.Lift)
	}
	return w.Flush() // which returns the first error of writing
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
