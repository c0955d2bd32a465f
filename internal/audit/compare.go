package audit

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"csl/internal/labels"
)

// checkpoints are the numbers of first proposals that are judged.
func checkpoints() []int { return []int{100, 1000, 5000} }

// Comparison is how the proposals do against full annotations.
type Comparison struct {
	Strategies []StrategyHits `json:"strategies"`      // in the order of the options
	Unknown    TruthCount     `json:"unknown_cells"`   // those whose truth is known
	Annotated  TruthCount     `json:"annotated_cells"` // those whose truth is known
}

// TruthCount is what there is to find.
type TruthCount struct {
	Cells int64 `json:"cells"` // with known truth
	Hits  int64 `json:"hits"`  // unknown and present, or annotated and wrong
}

// StrategyHits are those among the first proposals of a strategy.
type StrategyHits struct {
	Strategy Strategy `json:"strategy"` // whose proposals they are
	First    []Hits   `json:"first"`    // by rising number of proposals
}

// Hits are those among the first cells of an order.
type Hits struct {
	Asked  int `json:"asked"`  // checkpoint, or how many proposals there are
	Judged int `json:"judged"` // of them with known truth
	Found  int `json:"found"`  // of these: present, or wrong
	// Score, Frequency and Random are how many are found in Asked cells in the order of the model's plain score, class
	// by class (the one with most known positives, for wrong labels most annotated cells, first; cells of a class by
	// lot), and by lot.
	Score     float64 `json:"score"`
	Frequency float64 `json:"frequency"`
	Random    float64 `json:"random"`
}

// truth counts what there is to find.
type truth struct {
	set, full *labels.Set
	rows      []int // of full, by image of set; -1 = not there
	image     []int8

	unknown, annotated []TruthCount // by class
	positives, known   []int64      // annotated cells by class
	plain              map[bool]*top
}

func newTruth(set, full *labels.Set) (*truth, error) {
	n := set.NumClasses()
	t := &truth{
		set: set, full: full, rows: make([]int, set.Len()), image: make([]int8, n), unknown: make([]TruthCount, n), annotated: make([]TruthCount, n),
		positives: make([]int64, n), known: make([]int64, n),
		plain: map[bool]*top{false: {room: slices.Max(checkpoints())}, true: {room: slices.Max(checkpoints())}},
	}
	if !t.find() {
		return nil, fmt.Errorf("compare: none of the %d audited images is in the full annotations", set.Len())
	}
	return t, nil
}

// find finds the images in the full annotations: by name, else by what of a name names the file alone, as Open Images
// has it. It reports whether there are any.
func (t *truth) find() (any bool) {
	byStem := map[string]int{}
	for row := range t.full.Len() {
		name := stem(t.full.ImageName(row))
		if _, twice := byStem[name]; twice {
			row = -1
		}
		byStem[name] = row
	}
	for i := range t.rows {
		name := t.set.ImageName(i)
		row, ok := t.full.Find(name)
		if !ok {
			row, ok = byStem[stem(name)]
		}
		if !ok {
			row = -1
		}
		t.rows[i] = row
		any = any || row >= 0
	}
	return any
}

// stem is the name of a file without folders and extension.
func stem(name string) string {
	base := path.Base(name)
	return strings.TrimSuffix(base, path.Ext(base))
}

// add counts the cells of an image.
func (t *truth) add(image int, states []int8, logits []float32) {
	if t == nil {
		return
	}
	row := t.rows[image]
	if row >= 0 {
		t.full.Row(row, t.image)
	}
	for c, s := range states {
		state := labels.State(s)
		if state != labels.Unknown {
			t.known[c]++
		}
		if state == labels.Positive {
			t.positives[c]++
		}
		x := item{priority: float64(logits[c]), score: logits[c], image: int32(image), class: int32(c), state: s}
		if state == labels.Positive {
			x.priority = -x.priority
		}
		t.plain[state != labels.Unknown].offer(x)
		if row < 0 || labels.State(t.image[c]) == labels.Unknown {
			continue
		}
		n := &t.unknown[c]
		if state != labels.Unknown {
			n = &t.annotated[c]
		}
		n.Cells++
		if isHit(state, labels.State(t.image[c])) {
			n.Hits++
		}
	}
}

// isHit tells whether a cell is worth proposing: it is unknown and present, or annotated and wrong.
func isHit(state, truth labels.State) bool {
	if state == labels.Unknown {
		return truth == labels.Positive
	}
	return truth != state
}

// judge counts hits among the first proposals.
func (t *truth) judge(strategies []Strategy, chosen [][]item) *Comparison {
	if t == nil {
		return nil
	}
	c := &Comparison{Unknown: sum(t.unknown), Annotated: sum(t.annotated)}
	plain := map[bool][]item{false: t.plain[false].sorted(), true: t.plain[true].sorted()}
	for i, s := range strategies {
		h := StrategyHits{Strategy: s}
		for _, n := range checkpoints() {
			n = min(n, len(chosen[i]))
			if n == 0 || len(h.First) > 0 && h.First[len(h.First)-1].Asked == n {
				continue
			}
			x := Hits{Asked: n}
			x.Judged, x.Found = t.hits(chosen[i][:n])
			_, score := t.hits(plain[s == Wrong][:min(n, len(plain[s == Wrong]))])
			x.Score = float64(score)
			x.Random, x.Frequency = t.byLot(s, n)
			h.First = append(h.First, x)
		}
		c.Strategies = append(c.Strategies, h)
	}
	return c
}

// hits counts cells whose truth is known, and those worth proposing.
func (t *truth) hits(items []item) (judged, found int) {
	for _, x := range items {
		row := t.rows[x.image]
		if row < 0 {
			continue
		}
		is := t.full.At(row, int(x.class))
		if is == labels.Unknown {
			continue
		}
		judged++
		if isHit(labels.State(x.state), is) {
			found++
		}
	}
	return judged, found
}

// byLot is how many hits n cells give on average: drawn among all, and class by class.
func (t *truth) byLot(s Strategy, n int) (random, frequency float64) {
	counts, size := t.unknown, t.positives
	if s == Wrong {
		counts, size = t.annotated, t.known
	}
	all := sum(counts)
	random = float64(min(int64(n), all.Cells)) * float64(all.Hits) / float64(max(1, all.Cells))
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size[b], size[a]) })
	left := int64(n)
	for _, c := range order {
		take := min(left, counts[c].Cells)
		if take > 0 {
			frequency += float64(take) * float64(counts[c].Hits) / float64(counts[c].Cells)
		}
		left -= take
	}
	return random, frequency
}

func sum(counts []TruthCount) (all TruthCount) {
	for _, c := range counts {
		all.Cells, all.Hits = all.Cells+c.Cells, all.Hits+c.Hits
	}
	return all
}
