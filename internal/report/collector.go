package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"csl/internal/images/codec"
	"csl/internal/images/source"
	"csl/internal/labels"
)

// Collector gathers, while images are scored, what a page shows beside the metrics: scores by label state, mean
// scores, the worst errors and the likeliest missing labels.
type Collector struct {
	classes    []string
	limit      int       // cells of each list
	images     int       // scored so far
	sums       []float64 // of the scores of each class
	histograms [labelStates][scoreBins]int
	beyond     bool // a score was not from 0 to 1
	lists      [cellLists]cellList
}

// Label states in the order of histograms.
const (
	knownPositive = iota
	knownNegative
	notKnown
	labelStates
)

const (
	scoreBins    = 20 // of equal width
	mostOfAClass = 3  // cells of one class in a list, so that it is not all about the hardest class
)

// The lists of cells.
const (
	falseAlarms = iota // known absent, highest score
	misses             // known present, lowest score
	missing            // unknown, highest score
	cellLists
)

// NewCollector makes a collector that keeps at most limit cells of each list.
func NewCollector(limit int) *Collector { return &Collector{limit: limit} }

// Begin is called first, with the classes in the order of the scores.
func (c *Collector) Begin(classes []string) {
	c.classes, c.sums = classes, make([]float64, len(classes))
	for i := range c.lists {
		c.lists[i].byClass = make([][]foundCell, len(classes))
	}
}

// Scored takes the images of a batch: names, and scores and labels [images, classes]. A score that is NaN is an error.
func (c *Collector) Scored(names []string, scores []float32, states []int8) error {
	n := len(c.classes)
	for i, s := range scores {
		name, class := names[i/n], i%n
		if s != s {
			return fmt.Errorf("score of image %q, class %q is NaN", name, c.classes[class])
		}
		c.sums[class] += float64(s)
		c.beyond = c.beyond || s < 0 || s > 1
		bin := min(max(int(s*scoreBins), 0), scoreBins-1)
		cell := foundCell{image: name, number: c.images + i/n, class: class, score: s}
		switch labels.State(states[i]) {
		case labels.Positive:
			c.histograms[knownPositive][bin]++
			c.keep(misses, cell, -s)
		case labels.Negative:
			c.histograms[knownNegative][bin]++
			c.keep(falseAlarms, cell, s)
		default:
			c.histograms[notKnown][bin]++
			c.keep(missing, cell, s)
		}
	}
	c.images += len(names)
	return nil
}

func (c *Collector) keep(list int, cell foundCell, rank float32) {
	if cell.rank = rank; c.limit > 0 {
		c.lists[list].offer(cell)
	}
}

// Images makes the thumbnails of the cells that are shown.
func (c *Collector) Images(src source.Source, o codec.Options) error {
	made := map[string]*thumbnail{}
	for i := range c.lists {
		for k, cell := range c.lists[i].choose(c.limit) {
			t := made[cell.image]
			if t == nil {
				t = &thumbnail{name: cell.image}
				if err := t.img(src, o); err != nil {
					return err
				}
				made[cell.image] = t
			}
			c.lists[i].chosen[k].thumbnail = t
		}
	}
	return nil
}

// foundCell is an image and a class worth showing.
type foundCell struct {
	image     string
	number    int // of the image
	class     int
	score     float32
	rank      float32    // the higher the sooner it is shown
	thumbnail *thumbnail // nil without images
}

// before orders cells: by rank, and of equal ones the earlier image and class first.
func (a foundCell) before(b foundCell) int {
	return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.number, b.number), cmp.Compare(a.class, b.class))
}

// cellList is the highest cells of each class and, once chosen, of all.
type cellList struct {
	byClass [][]foundCell
	chosen  []foundCell
}

func (l *cellList) offer(c foundCell) {
	of := l.byClass[c.class]
	if len(of) == mostOfAClass && of[mostOfAClass-1].before(c) < 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(of, c, foundCell.before)
	of = slices.Insert(of, at, c)
	l.byClass[c.class] = of[:min(len(of), mostOfAClass)]
}

// choose takes the highest of all classes, each image once.
func (l *cellList) choose(limit int) []foundCell {
	if l.chosen != nil {
		return l.chosen
	}
	all := slices.Concat(l.byClass...)
	slices.SortFunc(all, foundCell.before)
	seen := map[int]bool{}
	for _, c := range all {
		if len(l.chosen) < limit && !seen[c.number] {
			seen[c.number] = true
			l.chosen = append(l.chosen, c)
		}
	}
	return l.chosen
}

// cellGallery is a list of cells as the page shows it.
type cellGallery struct {
	Title, Note string
	Cells       []cellView
}

type cellView struct {
	Class, Score, Name string
	Verdict            string // style: false, miss or open
	Sign, Word         string
	Thumbnail          *img // nil without images
}

// galleries are the lists that have cells.
func (c *Collector) galleries() []cellGallery {
	texts := [cellLists]struct{ title, note, verdict, word string }{
		falseAlarms: {"Worst errors: known absent, scored high", "The model is sure of what the label denies: an error of the model, or a wrong label.", verdictFalse, "known absent"},
		misses:      {"Worst errors: known present, scored low", "The model does not see what the label says: an error of the model, or a wrong label.", verdictMiss, "known present"},
		missing:     {"Likely missing labels", "Nobody has said whether the class is present; the model is sure that it is. These count in no metric on annotated labels.", verdictOpen, "unknown"},
	}
	var out []cellGallery
	for i := range c.lists {
		g := cellGallery{Title: texts[i].title, Note: texts[i].note}
		for _, cell := range c.lists[i].choose(c.limit) {
			sign, _ := verdictSign(texts[i].verdict)
			v := cellView{
				Class: c.classes[cell.class], Score: scoreText(cell.score), Name: cell.image,
				Verdict: texts[i].verdict, Sign: sign, Word: texts[i].word,
			}
			if t := cell.thumbnail; t != nil {
				v.Thumbnail = &img{Name: t.name, URL: t.url, Width: t.width, Height: t.height}
			}
			g.Cells = append(g.Cells, v)
		}
		if len(g.Cells) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// scoreText is a score with three digits, so that 0.999 is not 1.00; of logits as many as help.
func scoreText(s float32) string {
	text := fmt.Sprintf("%.3f", s)
	if s < 1 && text == "1.000" {
		return "> 0.999"
	}
	if s > 0 && text == "0.000" {
		return "< 0.001"
	}
	return strings.TrimSpace(text)
}

// means are the mean scores of the classes; nil where scores are no probabilities or nothing was scored.
func (c *Collector) means() []float64 {
	if c == nil || c.beyond || c.images == 0 {
		return nil
	}
	out := make([]float64, len(c.classes))
	for i := range out {
		out[i] = c.sums[i] / float64(c.images)
	}
	return out
}
