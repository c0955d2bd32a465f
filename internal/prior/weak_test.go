package prior

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// weak is what a model says that has hardly been trained, of 60 classes: it separates half of them a little and the
// others not at all, and its logits are off by the same amount, each class's by some more. Each class has 20
// annotated cells of either label; held tells whether there are cells that the model was not trained on.
func weak(t *testing.T, seed uint64, held bool) (e *Estimate, truth []float64) {
	t.Helper()
	const classes, images, other = 60, 3000, 600
	r := rand.New(rand.NewPCG(seed, 3))
	s := NewShift(classes)
	rates, off, d := make([]float64, classes), make([]float64, classes), make([]float64, classes)
	for c := range rates {
		rates[c] = 0.5 * math.Pow(0.9, float64(c))
		off[c], d[c] = 1.5+0.5*r.NormFloat64(), max(0, 0.8*r.NormFloat64())
	}
	truth = make([]float64, classes)
	draw := func(n int) (logits []float32, states []int8) {
		for range n {
			for c := range rates {
				y, mean := int8(0), -d[c]*d[c]/2
				if r.Float64() < rates[c] {
					y, mean = 1, d[c]*d[c]/2
				}
				logits, states = append(logits, float32(off[c]+mean+d[c]*r.NormFloat64()+0.3*r.NormFloat64())), append(states, y)
			}
		}
		return logits, states
	}
	logits, states := draw(images)
	var left [classes][2]int
	for i, y := range states {
		truth[i%classes] += float64(y) / images
		if left[i%classes][y]++; left[i%classes][y] > 20 {
			states[i] = -1
		}
	}
	if err := s.Add(logits, states); err != nil {
		t.Fatal(err)
	}
	if held {
		if err := s.AddHeldOut(draw(other)); err != nil {
			t.Fatal(err)
		}
	}
	names := make([]string, classes)
	for c := range names {
		names[c] = fmt.Sprint(c)
	}
	e, err := s.Estimate(names)
	if err != nil {
		t.Fatal(err)
	}
	return e, truth
}

// With cells that it was not trained on, the prior of a weak model is no worse than its mean scores in order, and
// far better in number; without, the sum does not run away either.
func TestThePriorOfAWeakModelStaysNearWhatIsCertain(t *testing.T) {
	for _, held := range []bool{true, false} {
		for seed := range uint64(5) {
			e, truth := weak(t, seed, held)
			rho, byMean := Spearman(widen(e.Prior.Avg), truth), Spearman(widen(e.Mean), truth)
			_, sum, wrong := judged(e.Prior.Avg, truth, 10)
			_, meanSum, meanWrong := judged(e.Mean, truth, 10)
			t.Logf("held %v, seed %d: rho %.2f, sum x%.2f, error %.3f, %d unknowable; mean %.2f, x%.2f, %.3f",
				held, seed, rho, sum, wrong, len(e.Unknowable), byMean, meanSum, meanWrong)
			if rho < byMean || sum > 1.5 || wrong > meanWrong/5 {
				t.Errorf("held %v, seed %d: Spearman %.2f against %.2f of the mean, sum x%.2f, error %.3f against %.3f",
					held, seed, rho, byMean, sum, wrong, meanWrong)
			}
			for _, c := range e.Unknowable {
				if e.Prior.Avg[c] != e.Count[c] {
					t.Errorf("class %d cannot be told and has %v, counted %v", c, e.Prior.Avg[c], e.Count[c])
				}
			}
			if d := slices.Max(e.Prior.Avg); d > 0.9 {
				t.Errorf("held %v, seed %d: a prior of %v", held, seed, d)
			}
		}
	}
}
