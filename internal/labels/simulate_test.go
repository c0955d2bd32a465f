package labels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// isPart checks that every label of part is one of whole.
func isPart(t *testing.T, part, whole *Set) {
	t.Helper()
	if part.Len() != whole.Len() || !slices.Equal(part.ClassNames(), whole.ClassNames()) {
		t.Fatalf("%d images, want %d", part.Len(), whole.Len())
	}
	for i := range part.Len() {
		part.Annotated(i, func(class int, s State) {
			if whole.At(i, class) != s {
				t.Fatalf("image %d class %d: %v, was %v", i, class, s, whole.At(i, class))
			}
		})
	}
	for c := range part.Classes {
		if part.Default(c) != Unknown {
			t.Fatalf("class %d: default %v", c, part.Default(c))
		}
	}
}

func TestFPCKeepsAFixedNumberPerClass(t *testing.T) {
	for _, absent := range []State{Unknown, Negative, Positive} {
		set := randomSet(t, 300, 8, absent, 7)
		before := set.Stats()
		for _, n := range []int{1, 20, 150, 1000} {
			part := FPC(set, n, 42)
			isPart(t, part, set)
			for c, got := range part.Stats().Classes {
				want := before.Classes[c]
				if got.Positives != min(int64(n), want.Positives) || got.Negatives != min(int64(n), want.Negatives) {
					t.Errorf("absent %v, n %d, class %d: %+v of %+v", absent, n, c, got, want)
				}
			}
		}
	}
}

func TestSimulationDependsOnTheSeedOnly(t *testing.T) {
	set := randomSet(t, 200, 8, Negative, 7)
	for typ, param := range map[string]float64{"fpc": 20, "rps": 0.5, "single": 0, "openimages": 10} {
		run := func(seed uint64) *Set {
			s, err := Simulate(set, typ, param, seed)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if !run(1).Equal(run(1)) {
			t.Errorf("%s: the same seed gives other labels", typ)
		}
		if run(1).Equal(run(2)) {
			t.Errorf("%s: another seed gives the same labels", typ)
		}
	}
}

// TestFPCDrawsEveryImageEquallyOften: of 12 images, 5 are drawn per class;
// over 4000 classes each is expected 4000*5/12 times, with a standard
// deviation of sqrt(4000*5/12*7/12) = 31.
func TestFPCDrawsEveryImageEquallyOften(t *testing.T) {
	const images, classes, n = 12, 4000, 5
	var b Builder
	for i := range images {
		b.Image(fmt.Sprint(i))
	}
	list := make([]Class, classes)
	for i := range list {
		list[i].Name = fmt.Sprint(i)
	}
	set, err := b.Build(list, Negative)
	if err != nil {
		t.Fatal(err)
	}
	part := FPC(set, n, 3)
	mean := float64(classes) * n / images
	for i := range images {
		got := 0
		part.Annotated(i, func(int, State) { got++ })
		if math.Abs(float64(got)-mean) > 5*31 {
			t.Errorf("image %d was drawn %d times, want about %.0f", i, got, mean)
		}
	}
}

func TestRPSRemovesWithTheGivenProbability(t *testing.T) {
	set := randomSet(t, 2000, 10, Negative, 9)
	before := set.Stats()
	for _, p := range []float64{0, 0.1, 0.9} {
		part, err := RPS(set, p, 5)
		if err != nil {
			t.Fatal(err)
		}
		isPart(t, part, set)
		after := part.Stats()
		for _, c := range [][2]int64{{after.Total.Positives, before.Total.Positives}, {after.Total.Negatives, before.Total.Negatives}} {
			n := float64(c[1])
			if off := math.Abs(float64(c[0]) - (1-p)*n); off > 5*math.Sqrt(p*(1-p)*n) {
				t.Errorf("p %v: %d of %d left", p, c[0], c[1])
			}
		}
	}
}

func TestSimulateRefusesWrongParameters(t *testing.T) {
	set := randomSet(t, 3, 2, Negative, 1)
	for _, c := range []struct {
		typ   string
		param float64
		want  string
	}{
		{"rps", 1000, "1000"},
		{"rps", 1, "0 <= p < 1"},
		{"rps", -0.1, "-0.1"},
		{"rps", math.NaN(), "NaN"},
		{"fpc", 0.5, "0.5"},
		{"fpc", 0, "at least 1"},
		{"fpc", math.NaN(), "NaN"},
		{"fpd", 3, `"fpd"`},
	} {
		_, err := Simulate(set, c.typ, c.param, 1)
		wantError(t, err, c.want)
	}
}

// cocoSize is a set as large as COCO's training set: 82,081 images, 80
// classes, about 2.9 labels each.
func cocoSize(b *testing.B) *Set {
	rng := rand.New(rand.NewPCG(1, 1))
	var build Builder
	for i := range 82081 {
		row, _ := build.Image(fmt.Sprintf("COCO_train2014_%012d.jpg", i))
		for range 3 {
			build.Add(row, int(80*math.Pow(rng.Float64(), 2)), Positive)
		}
	}
	list := make([]Class, 80)
	for i := range list {
		list[i].Name = fmt.Sprint(i)
	}
	set, err := build.Build(list, Negative)
	if err != nil {
		b.Fatal(err)
	}
	return set
}

func BenchmarkFPC1000(b *testing.B) {
	set := cocoSize(b)
	b.ReportAllocs()
	for b.Loop() {
		FPC(set, 1000, 1)
	}
}

func BenchmarkRPSHalf(b *testing.B) {
	set := cocoSize(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := RPS(set, 0.5, 1); err != nil {
			b.Fatal(err)
		}
	}
}
