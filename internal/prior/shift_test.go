package prior

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// stored reads what a model said of a data set: see testdata/shift/README.md.
func stored(t *testing.T, name string) (s *Shift, classes []string, truth []float64) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "shift", name+".tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	s = &Shift{mean: &Mean{}}
	if _, err := fmt.Sscanf(lines.Text(), "%d images", &s.images); err != nil {
		t.Fatal(err)
	}
	s.mean.rows = int64(s.images)
	for lines.Scan() {
		row := strings.Split(lines.Text(), "\t")
		var n [4]float64
		for i := range n {
			if n[i], err = strconv.ParseFloat(row[1+i], 64); err != nil {
				t.Fatal(err)
			}
		}
		classes, truth = append(classes, row[0]), append(truth, n[2]/float64(s.images))
		s.mean.sum = append(s.mean.sum, n[3])
		s.class = append(s.class, shiftClass{
			positives: int(n[0]), negatives: int(n[1]),
			unknown: bars(t, row[5]), heldPositive: bars(t, row[6]), heldNegative: bars(t, row[7]),
		})
	}
	if lines.Err() != nil || len(classes) != 105 {
		t.Fatal(len(classes), lines.Err())
	}
	return s, classes, truth
}

// bars reads a histogram: bin:count, or - for none.
func bars(t *testing.T, text string) histogram {
	if text == "-" {
		return nil
	}
	h := make(histogram, bins)
	for item := range strings.FieldsSeq(text) {
		bin, count := 0, uint32(0)
		if _, err := fmt.Sscanf(item, "%d:%d", &bin, &count); err != nil {
			t.Fatal(err)
		}
		h[bin] = count
	}
	return h
}

// judged compares values with the truth: classes of the true top, sum over that of the truth, mean
// absolute error.
func judged(values []float32, truth []float64, top int) (overlap, sum, wrong float64) {
	wide, total := make([]float64, len(values)), 0.0
	for i, v := range values {
		wide[i] = float64(v)
		sum, total = sum+wide[i], total+truth[i]
		wrong += math.Abs(wide[i]-truth[i]) / float64(len(values))
	}
	return agree(wide, truth, top).Overlap, sum / total, wrong
}

func TestShiftReachesItsGoalsOnStoredScores(t *testing.T) {
	for name, goal := range map[string]struct{ overlap, sum, wrong float64 }{
		"fpc50":            {8, 0.25, 0.03},
		"openimages_style": {9, 0.25, 0.015},
	} {
		s, classes, truth := stored(t, name)
		e, err := s.Estimate(classes)
		if err != nil {
			t.Fatal(err)
		}
		overlap, sum, wrong := judged(e.Prior.Avg, truth, 10)
		wide, _, _ := judged(e.Prior.Avg, truth, 20)
		meanOverlap, meanSum, meanWrong := judged(e.Mean, truth, 10)
		t.Logf("%s: top 10 %v, top 20 %v, sum x%.2f, error %.4f, scale %.2f, %d unknowable; mean %v, x%.2f, %.4f",
			name, overlap, wide, sum, wrong, e.Scale, len(e.Unknowable), meanOverlap, meanSum, meanWrong)
		if overlap < goal.overlap || math.Abs(sum-1) > goal.sum || wrong > goal.wrong || !e.Fitted {
			t.Errorf("%s: %v of the top 10, sum x%.2f, error %.4f", name, overlap, sum, wrong)
		}
		if wrong > meanWrong/3 {
			t.Errorf("%s: error %.4f against %.4f of the mean", name, wrong, meanWrong)
		}
	}
}

// twoNormals adds images of one class with logits of a well calibrated model: under base rate one half,
// the logit of a positive is normal around d²/2 with deviation d, of a negative around -d²/2.
func twoNormals(r *rand.Rand, n int, rate, d, scale float64) (logits []float32, positive []bool) {
	for range n {
		y := r.Float64() < rate
		mean := -d * d / 2
		if y {
			mean = -mean
		}
		logits = append(logits, float32(scale*(mean+d*r.NormFloat64())))
		positive = append(positive, y)
	}
	return logits, positive
}

// drawn is a shift of one class: 50 annotated cells of each label, n unknown ones, and held-out ones.
func drawn(t *testing.T, seed uint64, n int, rate, d, scale float64) *Shift {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	s := NewShift(1)
	for _, y := range []int8{1, 0} {
		labels := make([]int8, 50)
		for i := range labels {
			labels[i] = y
		}
		if err := s.Add(make([]float32, 50), labels); err != nil {
			t.Fatal(err)
		}
	}
	logits, _ := twoNormals(r, n, rate, d, scale)
	labels := make([]int8, n)
	for i := range labels {
		labels[i] = -1
	}
	if err := s.Add(logits, labels); err != nil {
		t.Fatal(err)
	}
	held, positive := twoNormals(r, 600, 0.5, d, scale)
	for i, p := range positive {
		y := int8(0)
		if p {
			y = 1
		}
		if err := s.AddHeldOut(held[i:i+1], []int8{y}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestShiftFindsTheRateUnderAnyScaleOfTheLogits(t *testing.T) {
	for _, rate := range []float64{0.01, 0.1, 0.6} {
		for _, scale := range []float64{0.7, 1, 1.5} {
			inside := 0
			for seed := range uint64(20) {
				s := drawn(t, seed, 4000, rate, 2, scale)
				e, err := s.Estimate([]string{"a"})
				if err != nil || !e.Fitted || len(e.Unknowable) != 0 {
					t.Fatal(e, err)
				}
				want := (rate*4000 + 50) / 4100
				if got := float64(e.Prior.Avg[0]); math.Abs(got-want) > 0.06 {
					t.Errorf("rate %v, scale %v, seed %d: %.3f, want %.3f", rate, scale, seed, got, want)
				}
				if float64(e.Prior.Low[0]) <= want && want <= float64(e.Prior.High[0]) {
					inside++
				}
				if math.Abs(e.Scale*scale-1) > 0.25 {
					t.Errorf("scale of logits scaled by %v: %v", scale, e.Scale)
				}
			}
			if inside < 17 {
				t.Errorf("rate %v, scale %v: %d of 20 intervals hold it", rate, scale, inside)
			}
		}
	}
}

func TestAModelThatSeparatesNothingLeavesWhatIsCertain(t *testing.T) {
	s := drawn(t, 3, 2000, 0.3, 0, 1)
	e, err := s.Estimate([]string{"a"})
	if err != nil || len(e.Unknowable) != 1 {
		t.Fatal(e, err)
	}
	p := e.Prior
	if want := float32(50. / 2100); p.Avg[0] != want || p.Low[0] != want || p.High[0] != float32(2050./2100) || e.Count[0] != want {
		t.Errorf("%+v", p)
	}
}

func TestAClassTrainedOnLabelsOfOneKindIsNotKnowable(t *testing.T) {
	for _, y := range []int8{1, 0, -1} {
		s := NewShift(1)
		if err := s.Add([]float32{1, 2, -1, 0}, []int8{y, -1, -1, -1}); err != nil {
			t.Fatal(err)
		}
		e, err := s.Estimate([]string{"a"})
		if err != nil || len(e.Unknowable) != 1 || e.Fitted || e.Scale != 1 {
			t.Errorf("label %d: %+v, %v", y, e, err)
			continue
		}
		if want := float32(max(int(y), 0)) / 4; e.Prior.Avg[0] != want {
			t.Errorf("label %d: prior %v, want %v", y, e.Prior.Avg[0], want)
		}
	}
}

func TestWithoutUnknownCellsThePriorIsTheCount(t *testing.T) {
	s := NewShift(1)
	if err := s.Add([]float32{1, 2, -1, 0}, []int8{1, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	e, err := s.Estimate([]string{"a"})
	if err != nil || e.Prior.Avg[0] != 0.25 || e.Prior.Low[0] != 0.25 || e.Prior.High[0] != 0.25 || len(e.Unknowable) != 0 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestShiftRefusesWrongInput(t *testing.T) {
	nan := float32(math.NaN())
	s := NewShift(2)
	wantError(t, s.Add([]float32{0, 0}, []int8{1}), "2 logits", "1 labels")
	wantError(t, s.Add([]float32{0, nan}, []int8{1, 0}), "image 0", "class number 1")
	wantError(t, s.AddHeldOut([]float32{0, 0, 0}, []int8{1, 0, 1}), "3 logits")
	wantError(t, s.AddHeldOut([]float32{0, nan}, []int8{1, 0}), "image 0", "class number 1")
	_, err := s.Estimate([]string{"a", "b"})
	wantError(t, err, "no image")
}
