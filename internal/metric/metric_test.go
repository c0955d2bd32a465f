package metric

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// naiveAP sorts everything: falling score, of equal ones the later first.
func naiveAP(scores []float32, positive []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] < scores[b]:
			return -1
		case scores[a] > scores[b]:
			return 1
		}
		return 0
	})
	slices.Reverse(order)
	sum, hits := 0.0, 0
	for rank, i := range order {
		if positive[i] {
			hits++
			sum += float64(hits) / float64(rank+1)
		}
	}
	return sum / float64(hits)
}

// sample makes scores of few distinct values, -0 among them, and labels.
func sample(seed uint64, images, classes, levels int) (scores []float32, labels []int8) {
	r := rand.New(rand.NewPCG(seed, 0xa9))
	for range images * classes {
		s := float32(r.IntN(levels)-levels/2) / float32(levels)
		if s == 0 && r.IntN(2) == 0 {
			s = float32(math.Copysign(0, -1))
		}
		scores = append(scores, s)
		labels = append(labels, int8(r.IntN(3)-1))
	}
	return scores, labels
}

func TestRankingsEqualSortingEverything(t *testing.T) {
	for _, levels := range []int{1, 3, 20, 1 << 20} {
		const images, classes = 61, 5
		scores, labels := sample(uint64(levels), images, classes, levels)
		a := collect(t, Options{Classes: classNames(classes)}, scores, labels, 8)
		r := report(t, a)
		var all, column []float32
		var allPositive, positive []bool
		for i, y := range labels {
			if y != -1 {
				all, allPositive = append(all, scores[i]), append(allPositive, y == 1)
			}
		}
		same(t, "map_o", r.MAPO, percent(naiveAP(all, allPositive)))
		for c := range classes {
			column, positive = nil, nil
			for i := c; i < len(labels); i += classes {
				if labels[i] != -1 {
					column, positive = append(column, scores[i]), append(positive, labels[i] == 1)
				}
			}
			same(t, "ap", r.PerClass[c].AP, percent(naiveAP(column, positive)))
		}
	}
}

func TestOfEqualScoresTheLaterRanksFirst(t *testing.T) {
	// One class, all scores equal: the positive is first of three, ranks third.
	a := collect(t, Options{Classes: []string{"a"}}, []float32{0.5, 0.5, 0.5}, []int8{1, 0, -1}, 3)
	r := report(t, a)
	same(t, "ap", r.PerClass[0].AP, percent(1./2))
	same(t, "map", r.MAP, percent(1./3/(1+1e-8)))
	same(t, "map_o", r.MAPO, percent(1./2))
	// Row-major order for map_o: the second image's first class comes after the first image's second.
	a = collect(t, Options{Classes: []string{"a", "b"}}, []float32{0.5, 0.5, 0.5, 0.5}, []int8{0, 1, 0, 0}, 1)
	same(t, "map_o", report(t, a).MAPO, percent(1./3))
}

func TestReportDoesNotDependOnBatchesOrGoroutines(t *testing.T) {
	scores, labels := sample(4, 50, 7, 9)
	o := Options{Classes: classNames(7), Threshold: 0.1}
	want := report(t, collect(t, o, scores, labels, 50))
	for size := 1; size < 50; size += 6 {
		a := collect(t, o, scores, labels, size)
		for _, workers := range []int{0, 1, 2, 7, 100} {
			got, err := a.Report(context.Background(), workers)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("batches of %d, %d goroutines: report differs (%v)", size, workers, err)
			}
		}
	}
}

func TestAnnotatedPrecisionRecallLeavesUnknownCellsOut(t *testing.T) {
	//                    a    b    c
	scores := []float32{0.9, 0.9, 0.1, 0.8, 0.7, 0.95, 0.2, 0.9, 0.9}
	labels := []int8{1, 0, 1, 0, 1, -1, 1, -1, 0}
	r := report(t, collect(t, Options{Classes: []string{"a", "b", "c"}, Threshold: 0.5}, scores, labels, 2))
	// a: tp 1, fp 1, fn 1; b: tp 1, fp 1, fn 0; c: tp 0, fp 1, fn 1.
	value := func(v float64) *float64 { return &v }
	same(t, "cp", r.CP, value((50.+50)/3))
	same(t, "cr", r.CR, value((50.+100)/3))
	same(t, "cf1", r.CF1, value((50+200./3)/3))
	same(t, "cf1_ratio", r.CF1Ratio, value(2*(100./3)*50/(100./3+50)))
	same(t, "op", r.OP, value(200./5))
	same(t, "or", r.OR, value(200./4))
	same(t, "of1", r.OF1, value(2*40*50/90.))
	// Unknown as negative: b and c get one more false positive each.
	same(t, "unknown as negative op", r.PRFUnknownAsNegative.OP, value(200./7))
	same(t, "unknown as negative cp", r.PRFUnknownAsNegative.CP, value((50+100./3)/3))
}

func TestThresholdIsStrictAndComparedInFloat32(t *testing.T) {
	// float32(0.8) is greater than 0.8.
	r := report(t, collect(t, Options{Classes: []string{"a"}, Threshold: 0.8}, []float32{0.8, 0.9}, []int8{0, 1}, 1))
	if r.OP == nil || *r.OP != 100 {
		t.Errorf("op %s", show(r.OP))
	}
}

func TestReportAsJSON(t *testing.T) {
	r := report(t, collect(t, Options{Classes: []string{"cat", "dog"}, Threshold: 0.5}, []float32{0.25, 0.5}, []int8{1, -1}, 1))
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const prf = `"cp":0,"cr":0,"cf1":0,"cf1_ratio":null,"op":null,"or":0,"of1":null`
	want := `{"images":1,"classes":2,"map":49.99999950000001,"map_partial":null,"map_weighted":null,"map_o":null,` +
		`"cp":null,"cr":0,"cf1":null,"cf1_ratio":null,"op":null,"or":0,"of1":null` +
		`,"prf_unknown_as_negative":{` + prf + `},"per_class":[` +
		`{"class":"cat","ap":null,"positives":1,"negatives":0,"unknown":0},` +
		`{"class":"dog","ap":null,"positives":0,"negatives":0,"unknown":1}],` +
		`"skipped_classes":[{"class":"cat","why":"no negatives"},{"class":"dog","why":"no annotations"}],"notes":["no annotated negative: average precision, precision and F1 are undefined on annotated labels"]}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

func TestLabelsOfOneKindLeaveUndefinedWhatTheyCannotTell(t *testing.T) {
	defined := func(r *Report) (names []string) {
		for _, m := range []struct {
			name  string
			value *float64
		}{
			{"map", r.MAP},
			{"map_partial", r.MAPPartial},
			{"map_weighted", r.MAPWeighted},
			{"map_o", r.MAPO},
			{"cp", r.CP},
			{"cr", r.CR},
			{"cf1", r.CF1},
			{"cf1_ratio", r.CF1Ratio},
			{"op", r.OP},
			{"or", r.OR},
			{"of1", r.OF1},
			{"u.op", r.PRFUnknownAsNegative.OP},
			{"u.or", r.PRFUnknownAsNegative.OR},
			{"u.of1", r.PRFUnknownAsNegative.OF1},
		} {
			if m.value != nil {
				names = append(names, m.name)
			}
		}
		return names
	}
	scores := []float32{0.9, 0.8, 0.2, 0.7}
	for name, x := range map[string]struct {
		labels []int8
		want   string // what is defined
		notes  int
	}{
		"both":               {[]int8{1, 0, 0, 1}, "map map_partial map_weighted map_o cp cr cf1 cf1_ratio op or of1 u.op u.or u.of1", 0},
		"positives":          {[]int8{1, 1, 1, 1}, "cr or u.or", 1},
		"positives, unknown": {[]int8{1, -1, -1, 1}, "map cr or u.op u.or u.of1", 1},
		"negatives":          {[]int8{0, 0, 0, 0}, "cp op u.op", 1},
		"unknown":            {[]int8{-1, -1, -1, -1}, "u.op", 1},
	} {
		r := report(t, collect(t, Options{Classes: []string{"a", "b"}, Threshold: 0.5}, scores, x.labels, 2))
		if got := strings.Join(defined(r), " "); got != x.want || len(r.Notes) != x.notes {
			t.Errorf("%s: defined are %s, want %s; notes %q", name, got, x.want, r.Notes)
		}
	}
}

func TestWithoutImagesMeansAreUndefined(t *testing.T) {
	r := report(t, collect(t, Options{Classes: []string{"a"}}, nil, nil, 1))
	if r.MAP != nil || r.MAPPartial != nil || r.MAPWeighted != nil || r.MAPO != nil || r.OP != nil || len(r.PerClass) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestMapIsLeftOutBeyondItsMemoryLimit(t *testing.T) {
	scores, labels := sample(5, 20, 4, 30)
	full := report(t, collect(t, Options{Classes: classNames(4)}, scores, labels, 5))
	r := report(t, collect(t, Options{Classes: classNames(4), MAPBytes: 100}, scores, labels, 5))
	if r.MAP != nil || !strings.Contains(r.MAPNote, "100 bytes") || full.MAP == nil || full.MAPNote != "" {
		t.Errorf("map %s, note %q; without limit %s, %q", show(r.MAP), r.MAPNote, show(full.MAP), full.MAPNote)
	}
	same(t, "map_partial", r.MAPPartial, full.MAPPartial)
	same(t, "map_o", r.MAPO, full.MAPO)
}

func TestWrongInputIsAnErrorNamingImageAndClassAndAddsNothing(t *testing.T) {
	a, err := New(Options{Classes: []string{"cat", "dog"}})
	if err != nil {
		t.Fatal(err)
	}
	names, nan := []string{"a.jpg", "b.jpg"}, float32(math.NaN())
	for want, err := range map[string]error{
		`image "b.jpg", class "dog" is NaN`: a.Add(names, []float32{0, 0, 0, nan}, []int8{1, 0, 1, -1}),
		`image "b.jpg", class "cat" is 2`:   a.Add(names, make([]float32, 4), []int8{1, 0, 2, -1}),
		"3 scores":                          a.Add(names, make([]float32, 3), make([]int8, 4)),
		"3 labels":                          a.Add(names, make([]float32, 4), make([]int8, 3)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if a.Images() != 0 || len(a.cells) != 0 || a.counts[0].positives != 0 {
		t.Error("a refused batch was added")
	}
	if _, err := New(Options{}); err == nil {
		t.Error("no error without classes")
	}
	if _, err := New(Options{Classes: names, Threshold: math.NaN()}); err == nil {
		t.Error("no error for a NaN threshold")
	}
}

func TestCancelledReportEndsWithTheContextsError(t *testing.T) {
	scores, labels := sample(6, 20, 4, 30)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := collect(t, Options{Classes: classNames(4)}, scores, labels, 5).Report(ctx, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("report %v, error %v", r, err)
	}
}

func TestInfiniteScoresRankAtTheEnds(t *testing.T) {
	inf := float32(math.Inf(1))
	r := report(t, collect(t, Options{Classes: []string{"a"}}, []float32{-inf, 3e38, inf, -3e38}, []int8{0, 1, 0, 1}, 4))
	same(t, "ap", r.PerClass[0].AP, percent((1./2+2./3)/2))
}

func TestGroupsCutClassesByAnnotations(t *testing.T) {
	value := func(v float64) *float64 { return &v }
	r := &Report{PerClass: []ClassResult{{AP: value(10)}, {AP: value(20)}, {}, {AP: value(60)}, {AP: value(40)}}}
	groups, err := r.Groups([]int{500, 7, 1, 7, 90}, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []Group{{7, 7, 2, value(40)}, {90, 500, 2, value(25)}}
	if !reflect.DeepEqual(groups, want) {
		t.Errorf("groups %+v", groups)
	}
	if groups, err = r.Groups(make([]int, 5), 9); err != nil || len(groups) != 9 || groups[0].MAP != nil {
		t.Errorf("more groups than classes: %+v, %v", groups, err)
	}
	if _, err := r.Groups([]int{1}, 2); err == nil {
		t.Error("no error for annotations of other classes")
	}
}

func FuzzRankingEqualsSorting(f *testing.F) {
	f.Add([]byte{1, 2, 3, 130, 131, 2})
	f.Add([]byte{128, 0, 128, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var scores []float32
		var positive []bool
		var r ranking
		for i, b := range data {
			scores, positive = append(scores, float32(b&127)-64), append(positive, b > 127)
			if b > 127 {
				r.positives = append(r.positives, key(scores[i], i))
			}
		}
		if len(r.positives) == 0 {
			return
		}
		r.sort()
		for i := range data {
			if !positive[i] {
				r.add(key(scores[i], i))
			}
		}
		if got, want := r.precisionSum()/float64(len(r.positives)), naiveAP(scores, positive); math.Abs(got-want) > 1e-12 {
			t.Errorf("average precision %v, want %v", got, want)
		}
	})
}

// BenchmarkReport ranks a validation set with few annotations per image.
func BenchmarkReport(b *testing.B) {
	const images, classes = 1000, 2000
	r := rand.New(rand.NewPCG(1, 1))
	scores, labels := make([]float32, images*classes), make([]int8, images*classes)
	for i := range scores {
		scores[i], labels[i] = r.Float32(), -1
		if r.IntN(100) == 0 {
			labels[i] = int8(r.IntN(2))
		}
	}
	a := collect(b, Options{Classes: classNames(classes)}, scores, labels, 64)
	b.Run("1000x2000", func(b *testing.B) {
		for b.Loop() {
			report(b, a)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(scores)), "ns/cell")
	})
}
