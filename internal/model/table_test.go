package model

import (
	"testing"

	"csl/internal/loss"
)

// known returns the zero weights of a known model.
func known(t testing.TB, name string, classes int) *Weights {
	t.Helper()
	s, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	s.NumClasses = classes
	w, err := NewWeights(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func defaultLoss(t testing.TB) LossFunc {
	t.Helper()
	f, err := loss.Build(loss.Defaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTrainingArenaStaysInItsBudget(t *testing.T) {
	for _, c := range []struct {
		classes int
		budget  int64
	}{{9605, 900e6}, {80, 820e6}} {
		table, err := Table(known(t, "tresnet_m", c.classes), Options{Batch: 16, Height: 224, Width: 224}, defaultLoss(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d classes: arena %.1f MB", c.classes, float64(table.ArenaBytes)/1e6)
		if table.ArenaBytes > c.budget {
			t.Errorf("%d classes: arena of %d bytes, budget %d", c.classes, table.ArenaBytes, c.budget)
		}
	}
}
