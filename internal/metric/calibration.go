package metric

// calibrationBins is how many bins of equal width scores are sorted into, as is usual (C. Guo et al.: On calibration
// of modern neural networks, ICML 2017).
const calibrationBins = 10

// Calibration compares scores with how often they are right, on annotated cells. Where annotation depends on the label
// (positives are asked about more often than they occur), it is calibration towards annotated cells, not towards all.
type Calibration struct {
	// ECE is the expected calibration error: the mean over cells of |share of positives - mean score| of their bin. 0 to 1.
	ECE float64 `json:"ece"`
	// Brier is the mean squared difference between score and label. 0 to 1.
	Brier float64 `json:"brier"`
	// Bins is the reliability table, by rising score.
	Bins []CalibrationBin `json:"bins"`
}

// CalibrationBin are the annotated cells with a score from From up to To.
type CalibrationBin struct {
	From  float64  `json:"from"`               // lowest score of the bin
	To    float64  `json:"to"`                 // highest score of the bin
	Cells int      `json:"cells"`              // annotated cells in the bin
	Score *float64 `json:"mean_score"`         // nil without cells
	Share *float64 `json:"share_of_positives"` // nil without cells
}

// Calibration computes the table; nil without annotated cells, and where a score is not from 0 to 1: then scores are no
// probabilities.
func (a *Accumulator) Calibration() *Calibration {
	if len(a.cells) == 0 {
		return nil
	}
	var sums [calibrationBins]struct {
		n, positives int
		score        float64
	}
	c := &Calibration{}
	for _, cell := range a.cells {
		s, label := float64(cell.score), 0.0
		if s < 0 || s > 1 {
			return nil
		}
		if cell.positive() {
			label = 1
		}
		c.Brier += (s - label) * (s - label)
		b := &sums[min(int(s*calibrationBins), calibrationBins-1)]
		b.n++
		b.score += s
		b.positives += int(label)
	}
	n := float64(len(a.cells))
	c.Brier /= n
	for i, b := range sums {
		bin := CalibrationBin{From: float64(i) / calibrationBins, To: float64(i+1) / calibrationBins, Cells: b.n}
		if bin.Score, bin.Share = ratio(b.score, b.n), ratio(float64(b.positives), b.n); b.n > 0 {
			gap := *bin.Share - *bin.Score
			c.ECE += max(gap, -gap) * float64(b.n) / n
		}
		c.Bins = append(c.Bins, bin)
	}
	return c
}
