package report

import (
	"fmt"
	"slices"
	"strings"

	"csl/internal/count"
)

// notes are what a reader should keep in mind, each one sentence or two.
func notes(runs []*run, s *Summary) []string {
	var out []string
	out = append(out, seedNote(runs, s), "The best epoch and weights were chosen on the validation images that the scores are from, so all scores are a little optimistic.")
	if len(runs) > 1 {
		out = append(out, dataNote(runs))
	}
	if text := scoredNote(runs[max(s.Best, 0)]); text != "" {
		out = append(out, text)
	}
	for _, r := range runs {
		if v := r.log.Validations; len(v) > 0 {
			for _, note := range v[len(v)-1].Notes {
				out = append(out, fmt.Sprintf("%s: %s.", r.name, note))
			}
		}
		if n, of := r.epochs(), r.planned(); n < of {
			out = append(out, fmt.Sprintf("%s has %d of %s: it stopped early, was interrupted or still runs.", r.name, n, count.Of(of, "epoch")))
		}
	}
	return out
}

// seedNote says how far chance may reach.
func seedNote(runs []*run, s *Summary) string {
	var seeds []uint64
	for _, r := range runs {
		seeds = append(seeds, r.cfg.Train.Seed)
	}
	slices.Sort(seeds)
	seeds = slices.Compact(seeds)
	text := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(seeds)), ", "), "[]")
	if len(seeds) == 1 {
		text = "seed " + text
	} else {
		text = "seeds " + text
	}
	if len(s.Repeats) == 0 {
		return fmt.Sprintf("One run each (%s): another seed gives other numbers, and small differences may be chance.", text)
	}
	return fmt.Sprintf("Runs that differ by their seeds alone (%s) are also summed up: mean ± standard deviation.", text)
}

// dataNote says whether the runs can be compared at all.
func dataNote(runs []*run) string {
	val := func(r *run) string {
		d := r.cfg.Data
		root := d.Val.Root
		if root == "" {
			root = d.Train.Root
		}
		return root + "\x00" + strings.Join(d.Val.LabelFiles(), "\x00")
	}
	for _, r := range runs[1:] {
		if val(r) != val(runs[0]) {
			return "The runs were validated on different data: their scores cannot be compared."
		}
	}
	return "All runs named are listed, winners and losers, and were validated on the same data."
}

// scoredNote gives the scale of mAP(C).
func scoredNote(r *run) string {
	if r.scored == nil {
		return ""
	}
	chance, n := 0.0, 0
	for _, c := range r.scored.report.PerClass {
		if c.AP != nil {
			chance += float64(c.Positives) / float64(c.Positives+c.Negatives)
			n++
		}
	}
	if n == 0 {
		return ""
	}
	text := fmt.Sprintf("Scores in random order would give mAP(C) of about %.1f.", 100*chance/float64(n))
	if done := r.scored.report.Images; done < r.scored.total {
		text += fmt.Sprintf(" Results per class are from %d of the %d validation images, evenly spaced.", done, r.scored.total)
	}
	return text
}
