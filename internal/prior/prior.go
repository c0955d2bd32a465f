// Package prior holds the class prior that the selective loss gates by: how
// often each class is expected in an image.
//
// Here live the prior itself, its file, its estimate from a network's outputs,
// the choice of classes to gate and the comparison with full annotations.
// Running the network does not belong here, nor does the loss.
package prior

import (
	"fmt"
	"math"
	"strings"
)

// Prior is the expected share of images that show each class.
type Prior struct {
	Classes []string  // unique names
	Avg     []float32 // 0 to 1, one per class
	// Low and High are the ends of an interval around each value, at 95 %; nil without intervals.
	Low, High []float32
	// Mean and Count are what stands beside an estimate: the mean score of each class, and the share of its annotated
	// positives; nil without.
	Mean, Count []float32
}

// Validate checks lengths, names and values.
func (p *Prior) Validate() error {
	if len(p.Classes) != len(p.Avg) {
		return fmt.Errorf("prior: %d classes but %d values", len(p.Classes), len(p.Avg))
	}
	if len(p.Classes) == 0 {
		return fmt.Errorf("prior: no classes")
	}
	if n := len(p.Avg); p.Low != nil && len(p.Low) != n || len(p.Low) != len(p.High) {
		return fmt.Errorf("prior: %d values with intervals of %d and %d ends", n, len(p.Low), len(p.High))
	}
	for _, v := range [][]float32{p.Mean, p.Count} {
		if v != nil && len(v) != len(p.Avg) {
			return fmt.Errorf("prior: %d values with %d beside them", len(p.Avg), len(v))
		}
	}
	seen := make(map[string]bool, len(p.Classes))
	for i, name := range p.Classes {
		switch {
		case name == "":
			return fmt.Errorf("prior: class number %d has no name", i)
		case strings.ContainsAny(name, "\r\n"):
			return fmt.Errorf("prior: class name %q has a line break", name)
		case seen[name]:
			return fmt.Errorf("prior: class %q appears twice", name)
		case !isShare(p.Avg[i]):
			return fmt.Errorf("prior: class %q has value %v: want 0 to 1", name, p.Avg[i])
		case p.Low != nil && !(0 <= p.Low[i] && p.Low[i] <= p.Avg[i] && p.Avg[i] <= p.High[i] && p.High[i] <= 1):
			return fmt.Errorf("prior: class %q has value %v in an interval from %v to %v", name, p.Avg[i], p.Low[i], p.High[i])
		}
		seen[name] = true
	}
	return nil
}

// isShare tells whether v is a number from 0 to 1; NaN is not.
func isShare(v float32) bool { return v >= 0 && v <= 1 }

// Mean gathers the mean sigmoid of a network's outputs per class, in float64.
// (CSL paper, section 3.3: the prior is the average prediction of a model that
// was trained on the annotated cells alone.)
type Mean struct {
	sum  []float64
	rows int64
}

// NewMean starts a mean over this many classes.
func NewMean(classes int) *Mean { return &Mean{sum: make([]float64, classes)} }

// Add takes logits [rows, classes] in row order. It fails at a NaN, naming
// image and class by number, and then leaves the mean as it was.
func (m *Mean) Add(logits []float32) error {
	classes := len(m.sum)
	if classes == 0 || len(logits)%classes != 0 {
		return fmt.Errorf("prior: %d logits are not whole rows of %d classes", len(logits), classes)
	}
	for i, z := range logits {
		if z != z {
			return fmt.Errorf("prior: image %d, class number %d: logit is NaN", m.rows+int64(i/classes), i%classes)
		}
	}
	for i, z := range logits {
		m.sum[i%classes] += 1 / (1 + math.Exp(-float64(z)))
	}
	m.rows += int64(len(logits) / classes)
	return nil
}

// Rows is the number of images so far.
func (m *Mean) Rows() int64 { return m.rows }

// Prior is the mean so far as the prior of these classes, in column order.
func (m *Mean) Prior(classes []string) (*Prior, error) {
	if m.rows == 0 {
		return nil, fmt.Errorf("prior: no image to take a mean of")
	}
	if len(classes) != len(m.sum) {
		return nil, fmt.Errorf("prior: %d class names for %d outputs", len(classes), len(m.sum))
	}
	p := &Prior{Classes: classes, Avg: make([]float32, len(m.sum))}
	for i, s := range m.sum {
		p.Avg[i] = float32(s / float64(m.rows))
	}
	return p, p.Validate()
}
