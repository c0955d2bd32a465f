package loss

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"csl/internal/kernel"
)

// runnerOf makes a runner of the loss of that name.
func runnerOf[T kernel.Float](t *testing.T, name string, rows, classes int) Runner[T] {
	t.Helper()
	c := Defaults()
	c.Name, c.Expected = name, 2.5
	b, err := Bind(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return RunnerOf[T](nil, b, rows, classes)
}

// testdata/assumed.json was made by NumPy from the formulas, by targets and masks instead of kinds.
func TestLossesByAssumptionEqualNumPys(t *testing.T) {
	var g struct {
		Rows    int                   `json:"rows"`
		Classes int                   `json:"classes"`
		Logits  []float64             `json:"logits"`
		Labels  []float64             `json:"labels"`
		Loss    map[string][3]float64 `json:"loss"`
	}
	data, err := os.ReadFile("testdata/assumed.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil || len(g.Loss) != len(assumptions())+1 {
		t.Fatal(len(g.Loss), err)
	}
	for name, want := range g.Loss {
		p := runnerOf[float64](t, name, g.Rows, g.Classes).Run(nil, g.Logits, g.Labels, make([]float64, len(g.Logits)))
		within(t, name, []float64{p.Positive, p.Negative, p.Unknown}, want[:], 1e-12)
		if p.Total != p.Positive+p.Negative+p.Unknown {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestGradientsOfLossesByAssumptionEqualNumericOnes(t *testing.T) {
	const rows, classes = 5, 7
	logits, labels := sample(21, rows*classes, 3, 0.5)
	labels[4] = 0.5 // takes no part
	x, y := widen(logits), widen(labels)
	for _, name := range append(assumptions(), EPR) {
		sameAsNumeric(t, name, runnerOf[float64](t, name, rows, classes), x, y)
	}
}

func TestLossesByAssumptionAreFiniteAndTheSameForAnyPool(t *testing.T) {
	const rows, classes = 40, 9
	logits, labels := sample(22, rows*classes, 40, 0.6)
	logits[0], logits[1], logits[2] = 1e4, -1e4, 0
	pool := kernel.NewPool(3)
	defer pool.Close()
	for _, name := range append(assumptions(), EPR) {
		finiteForAnyPool(t, name, pool, runnerOf[float32](t, name, rows, classes), logits, labels, nil)
	}
}

func TestLossesByAssumptionHaveNoModes(t *testing.T) {
	for _, name := range slices.Concat(assumptions(), corrections(), []string{EPR}) {
		c := Defaults()
		c.Name, c.Mode = name, Selective
		if p := c.Conflict(); p == nil || p.Key != "loss.mode" {
			t.Errorf("%s: %v", name, p)
		}
	}
}
