package prior

import "fmt"

// Saved is the state of a [Mean] for a checkpoint. Through JSON it keeps every bit.
type Saved struct {
	Rows int64     `json:"rows"` // images added
	Sum  []float64 `json:"sum"`  // of the scores, per class
}

// Save copies the state.
func (m *Mean) Save() Saved { return Saved{Rows: m.rows, Sum: append([]float64(nil), m.sum...)} }

// Restore continues a mean of as many classes.
func (m *Mean) Restore(s Saved) error {
	if len(s.Sum) != len(m.sum) {
		return fmt.Errorf("prior: saved mean of %d classes for %d", len(s.Sum), len(m.sum))
	}
	m.rows = s.Rows
	copy(m.sum, s.Sum)
	return nil
}

// Join adds the images of another mean of as many classes.
func (m *Mean) Join(s Saved) error {
	if len(s.Sum) != len(m.sum) {
		return fmt.Errorf("prior: mean of %d classes for %d", len(s.Sum), len(m.sum))
	}
	m.rows += s.Rows
	for i, v := range s.Sum {
		m.sum[i] += v
	}
	return nil
}
