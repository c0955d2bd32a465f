package loader

import (
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"

	"csl/internal/images/imagestest"
)

// loaded is an epoch's batches: samples, pixels and labels of each.
type loaded struct {
	samples []int
	pix     []float32
	states  []int8
	whole   int
}

func epochOf(t *testing.T, c Config, epoch, first int) (all []loaded) {
	t.Helper()
	l := mustLoader(t, c)
	e := l.Epoch(t.Context(), epoch, first)
	defer e.Close()
	for {
		b, err := e.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		imagestest.Must(t, err)
		all = append(all, loaded{slices.Clone(b.Samples), slices.Clone(b.Pix), slices.Clone(b.States), b.Whole})
	}
}

func TestPartsOfBatchesAreTogetherTheWholeBatches(t *testing.T) {
	for _, shuffle := range []bool{true, false} {
		for _, of := range []int{1, 2, 3, 4, 7} {
			c := drawnConfig(t, drawn{n: 30, bad: map[int]bool{3: true, 4: true, 29: true}})
			c.Shuffle, c.SkipBroken = shuffle, true
			want := epochOf(t, c, 1, 2)
			got := make([]loaded, len(want))
			for n := range of {
				c.Part = Part{Number: n, Of: of}
				parts := epochOf(t, c, 1, 2)
				if len(parts) != len(want) {
					t.Fatalf("shuffle %v, part %d of %d: %d batches, want %d", shuffle, n, of, len(parts), len(want))
				}
				for i, p := range parts {
					got[i] = loaded{append(got[i].samples, p.samples...), append(got[i].pix, p.pix...), append(got[i].states, p.states...), p.whole}
				}
			}
			for i, w := range want {
				g := got[i]
				if !slices.Equal(g.samples, w.samples) || !slices.Equal(g.pix, w.pix) || !slices.Equal(g.states, w.states) || g.whole != w.whole {
					t.Errorf("shuffle %v, %d parts, batch %d: samples %v of %d, want %v of %d", shuffle, of, i, g.samples, g.whole, w.samples, w.whole)
				}
			}
		}
	}
}

func TestPartsThatTakeTurnsHaveWholeBatches(t *testing.T) {
	for _, of := range []int{1, 2, 3, 7, 9} {
		c := drawnConfig(t, drawn{n: 30, bad: map[int]bool{3: true, 8: true, 9: true, 10: true, 11: true, 29: true}})
		c.Shuffle, c.SkipBroken = false, true
		want := epochOf(t, c, 0, 0) // 8 batches of 4, of which one is skipped
		var got []loaded
		turns := make([][]loaded, of)
		for n := range of {
			c.Part = Part{n, of, true}
			turns[n] = epochOf(t, c, 0, 0)
			if rounds := (8 + of - 1) / of; of > 1 && len(turns[n]) != rounds {
				t.Fatalf("part %d of %d: %d batches, want %d", n, of, len(turns[n]), rounds)
			}
		}
		for round := range turns[0] {
			for n := range of {
				if b := turns[n][round]; len(b.samples) > 0 {
					got = append(got, b)
				}
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d parts: other batches than %d", of, len(want))
		}
	}
}

func TestPartsAreAsEqualAsCanBeTheFirstOnesLarger(t *testing.T) {
	for _, c := range []struct {
		n, of int
		want  []int
	}{{8, 2, []int{4, 4}}, {7, 3, []int{3, 2, 2}}, {2, 4, []int{1, 1, 0, 0}}, {5, 1, []int{5}}, {5, 0, []int{5}}} {
		at := 0
		for i, want := range c.want {
			from, to := Part{Number: i, Of: c.of}.Range(c.n)
			if from != at || to-from != want {
				t.Errorf("part %d of %d of %d images: %d to %d", i, c.of, c.n, from, to)
			}
			at = to
		}
	}
}
