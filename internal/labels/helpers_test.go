package labels

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"csl/internal/textio"
)

// parse reads annotations from a string.
func parse(text string, o Options) (*Set, *Report, error) {
	r, err := textio.NewReader(strings.NewReader(text), textio.Options{Encoding: o.Encoding})
	if err != nil {
		return nil, nil, err
	}
	set, rep, err := read(context.Background(), r, o)
	if err == nil {
		err = finish(set, rep, o)
	}
	if err != nil {
		return nil, nil, err
	}
	return set, rep, nil
}

func mustParse(t *testing.T, text string, o Options) (*Set, *Report) {
	t.Helper()
	set, rep, err := parse(text, o)
	if err != nil {
		t.Fatal(err)
	}
	return set, rep
}

// lines is the set as text: one line per image, a sign per class.
func lines(s *Set) []string {
	var out []string
	row := make([]int8, s.NumClasses())
	for i := range s.Len() {
		s.Row(i, row)
		var b strings.Builder
		fmt.Fprintf(&b, "%s ", s.ImageName(i))
		for _, v := range row {
			b.WriteByte("?-+"[v+1])
		}
		out = append(out, b.String())
	}
	return out
}

func wantLines(t *testing.T, s *Set, want ...string) {
	t.Helper()
	if got := lines(s); !slices.Equal(got, want) {
		t.Errorf("labels:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func wantNames(t *testing.T, s *Set, want ...string) {
	t.Helper()
	if got := s.ClassNames(); !slices.Equal(got, want) {
		t.Errorf("classes %q, want %q", got, want)
	}
}

// wantErrors checks that reading fails with a message that has every part.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}

// classesNamed are classes with these names.
func classesNamed(names ...string) []Class {
	var out []Class
	for _, n := range names {
		out = append(out, Class{ID: n, Name: n})
	}
	return out
}

// randomSet has images p0, p1, ... and random states that lean to absent.
func randomSet(t *testing.T, images, classes int, absent State, seed uint64) *Set {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	var b Builder
	var list []Class
	for c := range classes {
		list = append(list, Class{Name: fmt.Sprintf("c%d", c)})
	}
	for i := range images {
		row, _ := b.Image(fmt.Sprintf("p%d", i))
		for c := range classes {
			switch v := rng.IntN(10 + 3*c); {
			case v < 3:
				b.Add(row, c, Positive)
			case v < 5:
				b.Add(row, c, Unknown)
			case v < 8:
				b.Add(row, c, Negative)
			}
		}
	}
	s, err := b.Build(list, absent)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
