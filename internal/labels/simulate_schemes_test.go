package labels

import (
	"math"
	"testing"
)

func TestSinglePositiveKeepsOnePresentLabelOfEachImage(t *testing.T) {
	set := randomSet(t, 300, 8, Negative, 7)
	part := SinglePositive(set, 5)
	isPart(t, part, set)
	drawn := map[int]bool{}
	for i := range part.Len() {
		had, kept := 0, 0
		set.Annotated(i, func(_ int, s State) { had += one(s == Positive) })
		part.Annotated(i, func(class int, s State) {
			kept++
			drawn[class] = true
			if s != Positive {
				t.Fatalf("image %d keeps %v", i, s)
			}
		})
		if kept != min(1, had) {
			t.Fatalf("image %d: %d of %d kept", i, kept, had)
		}
	}
	if len(drawn) != set.NumClasses() {
		t.Errorf("only %d classes were drawn", len(drawn))
	}
}

func TestOpenImagesLikeAsksCommonClassesLessOften(t *testing.T) {
	set := longTail(t, 4000)
	part, err := OpenImagesLike(set, 100, 5)
	if err != nil {
		t.Fatal(err)
	}
	isPart(t, part, set)
	before := set.Stats().Classes
	for c, got := range part.Stats().Classes {
		n, absent := float64(before[c].Positives), float64(before[c].Negatives)
		want := math.Sqrt(100 * n)
		if n <= 100 {
			want = n
		}
		if slack := 4 * math.Sqrt(want); n <= 100 && got.Positives != before[c].Positives || math.Abs(float64(got.Positives)-want) > slack {
			t.Errorf("class %d: %d of %v present kept, want about %.0f", c, got.Positives, n, want)
		}
		if want := min(absent, 3*want); math.Abs(float64(got.Negatives)-want) > 4*math.Sqrt(want) {
			t.Errorf("class %d: %d of %v absent kept, want about %.0f", c, got.Negatives, absent, want)
		}
	}
	for _, often := range []float64{0, 0.5, math.NaN(), math.Inf(1)} {
		if _, err := OpenImagesLike(set, often, 5); err == nil {
			t.Errorf("%v was taken", often)
		}
	}
}
