package labels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Cells in the order of the images need no rows; from the first one on that goes back they do.
func TestCellsInAnyOrderOfImagesGiveOneSet(t *testing.T) {
	const images, classes = 4000, 50
	type statement struct {
		row, class int
		state      State
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var all []statement
	for row := range images {
		for class := range classes {
			if row%7 != 0 && rng.IntN(2) == 0 {
				all = append(all, statement{row, class, State(rng.IntN(2))})
			}
		}
	}
	if len(all) <= block {
		t.Fatalf("%d cells do not fill a block of %d", len(all), block)
	}
	names := make([]string, classes)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	build := func(statements []statement) *Set {
		var b Builder
		for i := range images {
			b.Image(fmt.Sprint(i))
		}
		for _, s := range statements {
			b.Add(s.row, s.class, s.state)
		}
		set, err := b.Build(classesNamed(names...), Unknown)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	ordered := build(all)
	for _, s := range all {
		if got := ordered.At(s.row, s.class); got != s.state {
			t.Fatalf("image %d, class %d: %v, want %v", s.row, s.class, got, s.state)
		}
	}
	half := slices.Clone(all)
	rng.Shuffle(len(half)/4, func(i, j int) { i, j = len(half)-1-i, len(half)-1-j; half[i], half[j] = half[j], half[i] })
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if !build(all).Equal(ordered) || !build(half).Equal(ordered) {
		t.Error("the order of the cells matters")
	}
}

func TestAContradictionNamesItsLinesBehindSkippedOnes(t *testing.T) {
	_, _, err := parse("image,label,value\na,x,1\n\nb,other,1\na,y,0\n\"c\nd\",x,1\na,x,0\n", Options{Classes: []string{"x", "y"}, SkipOtherClasses: true})
	wantError(t, err, "image")
	_, _, err = parse("image,label,value\na,x,1\n\nb,other,1\na,y,0\n\"c\",x,1\n\na,x,0\n", Options{Classes: []string{"x", "y"}, SkipOtherClasses: true})
	wantError(t, err, "lines 2 and 8", `"x" is both 1 and 0`)
}
