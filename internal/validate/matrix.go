package validate

import (
	"io"

	"csl/internal/npy"
)

// matrix writes scores as an .npy file whose rows are all images of the split in the order of its labels. An image
// that could not be loaded has zeros.
type matrix struct {
	w       io.Writer
	classes int
	next    int // row
	buf     []byte
}

func newMatrix(w io.Writer, images, classes int) (*matrix, error) {
	return &matrix{w: w, classes: classes}, npy.WriteHeader(w, images, classes)
}

// rows writes those of a batch, whose samples rise.
func (m *matrix) rows(samples []int, scores []float32) error {
	for i, s := range samples {
		if err := m.upTo(s); err != nil {
			return err
		}
		if err := m.row(scores[i*m.classes : (i+1)*m.classes]); err != nil {
			return err
		}
	}
	return nil
}

// upTo fills the rows before the given one.
func (m *matrix) upTo(row int) error {
	for m.next < row {
		if err := m.row(make([]float32, m.classes)); err != nil {
			return err
		}
	}
	return nil
}

func (m *matrix) row(values []float32) error {
	m.next++
	m.buf = npy.AppendFloats(m.buf[:0], values)
	_, err := m.w.Write(m.buf)
	return err
}
