package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"csl/internal/config"
	"csl/internal/labels"
	"csl/internal/metric"
)

func TestTagsTellHitsMissesFalseAlarmsAndUnknown(t *testing.T) {
	s := thumbnail{scores: []float32{0.9, 0.8, 0.7, 0.2, 0.1, 0.5}, states: []int8{0, 1, -1, 1, 0, 1}}
	list, more := s.tags([]string{"a", "b", "c", "d", "e", "f"}, 0.5)
	got := ""
	for _, x := range list {
		got += x.Class + ":" + x.Verdict + " "
	}
	// f is not above the threshold but at it.
	if got != "a:false b:hit c:open f:miss d:miss " || more != 0 {
		t.Errorf("tags %s, %d more", got, more)
	}
	signs := map[string]bool{}
	for _, v := range []string{verdictHit, verdictFalse, verdictMiss, verdictOpen} {
		sign, _ := verdictSign(v)
		signs[sign] = true
	}
	if len(signs) != 4 {
		t.Error("verdicts share a sign")
	}
}

func TestManyTagsAreCutAndCounted(t *testing.T) {
	var s thumbnail
	var classes []string
	for i := range 30 {
		s.scores, s.states = append(s.scores, float32(i)/30), append(s.states, 1)
		classes = append(classes, fmt.Sprint("c", i))
	}
	list, more := s.tags(classes, 0.49) // c0 to c14 are missed
	if len(list) != 2*mostTags || more != 30-2*mostTags || list[0].Class != "c29" || list[mostTags].Class != "c14" {
		t.Errorf("%d tags, %d more: %v", len(list), more, list)
	}
}

func TestClassesOfOneFrequencyAreGroupedByValidation(t *testing.T) {
	s := &scored{report: &metric.Report{}}
	for i := range 10 {
		ap := float64(10 * i)
		s.report.PerClass = append(s.report.PerClass, metric.ClassResult{Class: fmt.Sprint(i), AP: &ap, Positives: 100 - i})
		s.training = append(s.training, labels.ClassCount{Positives: 50, Negatives: int64(50 + i)})
	}
	g := groupingOf(s)
	groups, err := g.of(s.report)
	if err != nil || len(groups) != 2 || groups[0].From != 91 || groups[0].To != 95 || *groups[0].MAP != 70 || *groups[1].MAP != 20 {
		t.Errorf("by %s: %+v, %v", g.by, groups, err)
	}
	s.training[3].Positives = 1000
	if g = groupingOf(s); g.counts[3] != 1053 || g.by != "number of training annotations" {
		t.Errorf("by %s: %v", g.by, g.counts)
	}
	s.report.PerClass = s.report.PerClass[:7]
	s.training = s.training[:7]
	if _, err := groupingOf(s).of(s.report); err == nil {
		t.Error("seven classes are in groups")
	}
}

func TestTrainingLabelsAreThoseThatWereLeft(t *testing.T) {
	root := t.TempDir()
	f := newFixture(t, filepath.Join(root, "run"), config.ModeIgnore).data(filepath.Join(root, "data"), 6, threeClasses, imageName).config()
	r, err := loadRun(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	all, truth, err := r.trainingCounts(t.Context(), threeClasses)
	if err != nil || truth != nil || all[0] != (labels.ClassCount{Positives: 2, Negatives: 2, Unknown: 2}) {
		t.Errorf("all labels: %+v, %v", all, err)
	}
	f.write("labels.csv", []byte("image,label,value\np00.png,cat,1\np01.png,cat,-1\np01.png,owl,0\n"))
	left, _, err := r.trainingCounts(t.Context(), threeClasses)
	if err != nil || left[0].Positives != 1 || left[0].Negatives != 0 || left[2].Negatives != 1 {
		t.Errorf("labels left: %+v, %v", left, err)
	}
}

func TestImagesAreSpreadEvenly(t *testing.T) {
	var b []int
	p := pass{set: numbered(t, 100), wanted: map[int]bool{}}
	p.choose(4)
	for i := range 100 {
		if p.wanted[i] {
			b = append(b, i)
		}
	}
	if !slices.Equal(b, []int{12, 37, 62, 87}) {
		t.Errorf("chosen %v", b)
	}
	if n := spread(p.set, 30).Len(); n != 30 {
		t.Errorf("%d of 30", n)
	}
	if spread(p.set, 100) != p.set {
		t.Error("a set within the limit was copied")
	}
	p.wanted = map[int]bool{}
	if p.choose(1000); len(p.wanted) != 100 {
		t.Errorf("chosen %d of 100", len(p.wanted))
	}
}

// numbered is a set of n images.
func numbered(t *testing.T, n int) *labels.Set {
	t.Helper()
	root := t.TempDir()
	f := newFixture(t, root, config.ModeIgnore)
	text := "image,label,value\n"
	for i := range n {
		text += fmt.Sprintf("p%03d.png,cat,%d\n", i, i%2)
	}
	f.write("labels.csv", []byte(text))
	set, _, err := labels.Open(t.Context(), labels.Options{Path: filepath.Join(root, "labels.csv")})
	if err != nil || set.Len() != n {
		t.Fatal(set.Len(), err)
	}
	return set
}
