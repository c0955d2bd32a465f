package labels

import (
	"fmt"
	"testing"
)

// triples is a set in which every third cell is unknown.
func triples(t *testing.T, images, classes int) *Set {
	t.Helper()
	var b Builder
	var list []Class
	for c := range classes {
		list = append(list, Class{Name: fmt.Sprint(c)})
	}
	for i := range images {
		row, _ := b.Image(fmt.Sprintf("%d.jpg", i))
		for c := range classes {
			if s := (i + c) % 3; s < 2 {
				b.Add(row, c, State(s))
			}
		}
	}
	set, err := b.Build(list, Unknown)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestPlantedLabelsAreTheAskedShareAndNothingElseChanges(t *testing.T) {
	full := triples(t, 200, 10)
	out, planted, err := PlantWrong(full, 0.1, 3)
	if err != nil {
		t.Fatal(err)
	}
	all := full.Stats().Total
	wrong, want := int64(0), (all.Positives+all.Negatives+5)/10
	for i := range full.Len() {
		if out.ImageName(i) != full.ImageName(i) {
			t.Fatalf("image %d is %q", i, out.ImageName(i))
		}
		for c := range full.NumClasses() {
			a, b := full.At(i, c), out.At(i, c)
			if a != b {
				wrong++
			}
			if (a == Unknown) != (b == Unknown) {
				t.Errorf("image %d, class %d: %v became %v", i, c, a, b)
			}
		}
	}
	if wrong != planted || planted < want-1 || planted > want {
		t.Errorf("%d differ, %d planted, want %d", wrong, planted, want)
	}
	again, _, _ := PlantWrong(full, 0.1, 3)
	other, _, _ := PlantWrong(full, 0.1, 4)
	if !again.Equal(out) || other.Equal(out) {
		t.Error("the seed does not decide which")
	}
}

func TestAShareOfWrongLabelsLiesBetweenNoneAndAll(t *testing.T) {
	for _, share := range []float64{0, -1, 1, 2} {
		if _, _, err := PlantWrong(triples(t, 2, 2), share, 1); err == nil {
			t.Errorf("%v is taken", share)
		}
	}
}
