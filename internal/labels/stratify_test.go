package labels

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// longTail is a set in which class k is present in about 1 of 2^k images, the rarest in two.
func longTail(t *testing.T, images int) *Set {
	t.Helper()
	var b Builder
	classes := []Class{}
	for c := range 8 {
		classes = append(classes, Class{ID: fmt.Sprint(c), Name: fmt.Sprint("class ", c)})
	}
	for i := range images {
		row, _ := b.Image(fmt.Sprintf("%04d.jpg", i))
		for c := range 7 {
			state := Negative
			if (i*7919+c*104729)%images < images>>c {
				state = Positive
			}
			b.Add(row, c, state)
		}
	}
	b.Add(3, 7, Positive)
	b.Add(images-5, 7, Positive)
	set, err := b.Build(classes, Unknown)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestStratifiedPartsHaveTheSharesOfEachClass(t *testing.T) {
	set := longTail(t, 1000)
	whole := set.Stats()
	for _, shares := range [][]float64{{0.9, 0.1}, {0.7, 0.2, 0.1}, {0.5, 0.5}} {
		parts, err := set.Stratify(shares, 3)
		if err != nil {
			t.Fatal(err)
		}
		images := 0
		for p, part := range parts {
			images += part.Len()
			if math.Abs(float64(part.Len())-1000*shares[p]) > 10 {
				t.Errorf("%v: part %d has %d images", shares, p, part.Len())
			}
			for c, got := range part.Stats().Classes {
				n := whole.Classes[c].Positives
				want := shares[p] * float64(n)
				if math.Abs(float64(got.Positives)-want) > 2+0.05*want || n >= int64(len(shares)) && got.Positives == 0 {
					t.Errorf("%v: part %d, class %d: %d of %d", shares, p, c, got.Positives, n)
				}
			}
			for i := range part.Len() {
				whole, ok := set.Find(part.ImageName(i))
				if !ok || set.At(whole, 0) != part.At(i, 0) || i > 0 && part.ImageName(i-1) >= part.ImageName(i) {
					t.Fatalf("image %q", part.ImageName(i))
				}
			}
		}
		if images != set.Len() {
			t.Errorf("%v: %d images in all", shares, images)
		}
	}
}

func TestStratifyDependsOnTheSeedOnly(t *testing.T) {
	set := longTail(t, 300)
	run := func(seed uint64) *Set {
		parts, err := set.Stratify([]float64{0.8, 0.2}, seed)
		if err != nil {
			t.Fatal(err)
		}
		return parts[1]
	}
	if !run(1).Equal(run(1)) || run(1).Equal(run(2)) {
		t.Error("the seed does not decide")
	}
}

func TestStratifyRefusesSharesThatCannotBe(t *testing.T) {
	set := longTail(t, 20)
	for want, shares := range map[string][]float64{
		"add up to 0.9": {0.5, 0.4}, "share 0": {1, 0}, "share NaN": {math.NaN(), 0.5}, "empty": {0.999999999, 0.000000001},
	} {
		if want == "share 0" {
			shares = []float64{0, 0.5, 0.5}
		}
		if _, err := set.Filter(func(i int) bool { return i < 1 || i > 3 }).Filter(func(i int) bool { return i < 1 }).Stratify(shares, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", shares, err)
		}
	}
}
