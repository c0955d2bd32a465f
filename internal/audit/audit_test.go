package audit

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"csl/internal/audit/list"
	"csl/internal/labels"
)

// found counts the cells of a list that are in want.
func found(cells []list.Candidate, want map[string]bool) (n int) {
	for _, c := range cells {
		if want[c.Image+" "+c.Class] {
			n++
		}
	}
	return n
}

func TestMissingLabelsComeFirstAmongUnknownCells(t *testing.T) {
	s := drawnSample(t, 600)
	o, _ := s.options(t, Likely)
	r := audited(t, o)
	if n := found(r.List, s.missing); len(r.List) != 100 || n < 98 {
		t.Errorf("%d of %d are missing labels; there are %d", n, len(r.List), len(s.missing))
	}
	for i, c := range r.List {
		if c.Label != labels.Unknown || c.Reason != list.LikelyPresent || c.Probability != float32(c.Priority) || i > 0 && c.Priority > r.List[i-1].Priority {
			t.Fatalf("%d: %+v", i, c)
		}
	}
	if r.ByBasis[ByProbability] != 3 || r.Measured != OnAudited {
		t.Errorf("%+v", r)
	}
}

func TestExpectedMissingLabelsAreAboutThoseThatThereAre(t *testing.T) {
	s := drawnSample(t, 2000)
	o, _ := s.options(t, Likely)
	for _, c := range audited(t, o).Classes {
		there := 0
		for cell := range s.missing {
			if strings.HasSuffix(cell, " "+c.Name) {
				there++
			}
		}
		if d := math.Abs(*c.Missing - float64(there)); d > 0.2*float64(there)+5 {
			t.Errorf("%s: %v expected, there are %d", c.Name, *c.Missing, there)
		}
	}
}

func TestWrongLabelsComeFirstAmongAnnotatedCells(t *testing.T) {
	s := drawnSample(t, 1000)
	o, _ := s.options(t, Wrong)
	o.Limit = len(s.wrong)
	r := audited(t, o)
	if n := found(r.List, s.wrong); 10*n < 8*len(s.wrong) {
		t.Errorf("%d of %d wrong labels are among the first %d", n, len(s.wrong), len(r.List))
	}
	for _, c := range r.List {
		if c.Label == labels.Unknown || c.Reason != list.LikelyWrong {
			t.Fatalf("%+v", c)
		}
	}
	first := r.List[0]
	if first.Label == labels.Positive && first.Probability > 0.5 || first.Label == labels.Negative && first.Probability < 0.5 {
		t.Errorf("%+v", first)
	}
}

func TestUncertainAndRandomAskAboutUnknownCells(t *testing.T) {
	s := drawnSample(t, 600)
	o, _ := s.options(t, Unsure, Random)
	r := audited(t, o)
	by := map[list.Reason]int{}
	for _, c := range r.List {
		by[c.Reason]++
		if c.Label != labels.Unknown {
			t.Fatalf("%+v", c)
		}
	}
	if by[list.Uncertain] != 50 || by[list.Random] != 50 {
		t.Errorf("%v", by)
	}
	o.Seed = 2
	if reflect.DeepEqual(audited(t, o).List, r.List) {
		t.Error("the seed does not decide what is drawn")
	}
}

func TestBalancedListsEachClassInTurnTheRarestFirst(t *testing.T) {
	s := drawnSample(t, 600)
	o, _ := s.options(t, Balanced)
	o.Limit = 30
	for i, c := range audited(t, o).List {
		if want := []string{"c2", "c1", "c0"}[i%3]; c.Class != want {
			t.Errorf("%d: %s, want %s", i, c.Class, want)
		}
	}
}

func TestLimitsHoldOverallAndForEachClass(t *testing.T) {
	s := drawnSample(t, 300)
	for _, strategy := range Strategies() {
		o, _ := s.options(t, strategy)
		o.Limit, o.PerClass = 20, 4
		r := audited(t, o)
		by := map[string]int{}
		for _, c := range r.List {
			by[c.Class]++
		}
		if len(r.List) != 12 || by["c0"] != 4 || by["c1"] != 4 || by["c2"] != 4 {
			t.Errorf("%s: %d cells, %v", strategy, len(r.List), by)
		}
		o.Limit = 5
		if r = audited(t, o); len(r.List) != 5 {
			t.Errorf("%s: %d cells", strategy, len(r.List))
		}
	}
}

func TestACellIsListedOnce(t *testing.T) {
	s := drawnSample(t, 100)
	o, _ := s.options(t, Strategies()...)
	o.Limit = 1000
	r := audited(t, o)
	seen := map[string]bool{}
	for _, c := range r.List {
		if seen[c.Image+" "+c.Class] {
			t.Errorf("%s %s comes twice", c.Image, c.Class)
		}
		seen[c.Image+" "+c.Class] = true
	}
	if len(seen) != 300 {
		t.Errorf("%d of 300 cells", len(seen))
	}
}

func TestFullAnnotationsJudgeTheFirstProposals(t *testing.T) {
	s := drawnSample(t, 600)
	o, _ := s.options(t, Likely, Wrong, Random)
	o.CompareWith = s.full
	c := audited(t, o).Comparison
	if c.Unknown.Hits != int64(len(s.missing)) || c.Annotated.Hits != int64(len(s.wrong)) || c.Unknown.Cells+c.Annotated.Cells != 1800 {
		t.Errorf("%+v", c)
	}
	likely, random := c.Strategies[0].First, c.Strategies[2].First
	if likely[0].Asked != 100 || likely[0].Found < 98 || likely[0].Random > 40 || likely[0].Frequency < likely[0].Random || likely[0].Score < likely[0].Random {
		t.Errorf("%+v", likely)
	}
	if last := likely[len(likely)-1]; int64(last.Asked) != c.Unknown.Cells || int64(last.Found) != c.Unknown.Hits {
		t.Errorf("of all cells %+v", last)
	}
	if math.Abs(float64(random[0].Found)-random[0].Random) > 15 {
		t.Errorf("%+v", random)
	}
	if w := c.Strategies[1].First[len(c.Strategies[1].First)-1]; int64(w.Asked) != c.Annotated.Cells || w.Found != len(s.wrong) {
		t.Errorf("%+v", w)
	}
}

func TestOpenImagesIDsFindTheirFilesInFullAnnotations(t *testing.T) {
	s := drawnSample(t, 50)
	text, err := os.ReadFile(s.full)
	if err != nil {
		t.Fatal(err)
	}
	renamed := filepath.Join(t.TempDir(), "full.csv")
	if err := os.WriteFile(renamed, []byte(strings.ReplaceAll(string(text), "\ni", "\nval/i")), 0o600); err != nil {
		t.Fatal(err)
	}
	o, _ := s.options(t, Likely)
	o.CompareWith = renamed
	if c := audited(t, o).Comparison; c.Unknown.Hits != int64(len(s.missing)) {
		t.Errorf("%+v", c)
	}
}

func TestWithoutAClassOfBothLabelsRanksDecide(t *testing.T) {
	s := drawnSample(t, 300)
	text, err := os.ReadFile(s.labels)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.labels, []byte(strings.ReplaceAll(string(text), ",0\n", ",-1\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	o, _ := s.options(t, Likely, Wrong)
	r := audited(t, o)
	if r.ByBasis[ByRank] != 3 || r.List[0].Probability == r.List[0].Probability || r.Classes[0].Missing != nil {
		t.Errorf("%v, %+v, %+v", r.ByBasis, r.List[0], r.Classes[0])
	}
	if n := found(r.List, s.missing); n < 40 {
		t.Errorf("%d of 50 are missing labels", n)
	}
	var out strings.Builder
	if err := r.WriteText(&out, 2); err != nil || !strings.Contains(out.String(), "ranked by rank within the class") || !strings.Contains(out.String(), "1 class more") && !strings.Contains(out.String(), "more") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestScoresOutsideZeroToOneAreRefused(t *testing.T) {
	s := drawnSample(t, 10)
	text, err := os.ReadFile(s.scores)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.scores, []byte(strings.Replace(string(text), "i0003.jpg,c1,", "i0003.jpg,c1,7", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	o, _ := s.options(t, Likely)
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), `image "i0003.jpg", class "c1"`) {
		t.Errorf("err = %v", err)
	}
}

func TestFoldsDealEveryImageOutOnce(t *testing.T) {
	folds := foldsOf(103, 4, 1)
	var all []int
	for _, f := range folds {
		if len(f) < 25 || len(f) > 26 || !slices.IsSorted(f) {
			t.Errorf("fold of %d: %v", len(f), f)
		}
		all = append(all, f...)
	}
	slices.Sort(all)
	for i, image := range all {
		if i != image {
			t.Fatalf("%v", all)
		}
	}
	if !reflect.DeepEqual(folds, foldsOf(103, 4, 1)) || reflect.DeepEqual(folds, foldsOf(103, 4, 2)) {
		t.Error("the seed does not decide")
	}
}

func TestTheBestAreKeptInWhateverOrderTheyCome(t *testing.T) {
	var items []item
	for i := range 200 {
		items = append(items, item{priority: float64(i % 7), score: float32(i % 3), image: int32(i / 5), class: int32(i % 5)})
	}
	want := slices.Clone(items)
	slices.SortFunc(want, compareItems)
	for _, step := range []int{1, 3, 7, 193} { // coprime with 200
		k := top{room: 20}
		for i := range items {
			k.offer(items[i*step%len(items)])
		}
		if got := k.sorted(); !slices.Equal(got, want[:20]) {
			t.Errorf("step %d: %v, want %v", step, got, want[:20])
		}
	}
}

func TestStrategiesAreReadByName(t *testing.T) {
	got, err := ParseStrategies("wrong, likely")
	if err != nil || !slices.Equal(got, []Strategy{Wrong, Likely}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "likly", "likely,", "likely,likely"} {
		if _, err := ParseStrategies(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestBothPassesGiveTheSameWhetherKeptOrComputedTwice(t *testing.T) {
	s := drawnSample(t, 40)
	var lists []string
	for _, full := range []bool{false, true} {
		o, _ := s.options(t, Likely, Wrong)
		w := &work{o: &o}
		if err := w.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.source.(*keeping).full = full
		j := newJudge(3)
		if err := w.learn(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		r, err := w.rank(t.Context(), j, nil)
		if err != nil || w.close() != nil {
			t.Fatal(err)
		}
		lists = append(lists, fmt.Sprint(r.List))
	}
	if lists[0] != lists[1] {
		t.Errorf("%s\n%s", lists[0], lists[1])
	}
}

func TestLaterLabelFilesCountForTheAuditButNotForTheTruth(t *testing.T) {
	s := drawnSample(t, 50)
	later := filepath.Join(t.TempDir(), "answers.csv")
	if err := os.WriteFile(later, []byte("image,label,value\ni0000.jpg,c0,1\ni0000.jpg,c1,1\ni0000.jpg,c2,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, _ := s.options(t, Likely)
	o.Data.Later, o.CompareWith, o.Limit = []string{later}, s.full, 150
	r := audited(t, o)
	for _, c := range r.List {
		if c.Image == "i0000.jpg" {
			t.Errorf("asks about %+v, which was answered", c)
		}
	}
	truth := open(t, readText(t, s.full), "full.csv")
	wrong := int64(0)
	for c := range 3 {
		if truth.At(0, c) != labels.Positive {
			wrong++
		}
	}
	if wrong == 0 || r.Comparison.Annotated.Hits < wrong {
		t.Errorf("%d labels found wrong; %d answers are", r.Comparison.Annotated.Hits, wrong)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
