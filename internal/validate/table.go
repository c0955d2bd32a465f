package validate

import (
	"encoding/csv"
	"io"
	"strconv"
)

// table writes scores as CSV, one row per image and class: image,label,score,value, where value is
// 1, 0 or -1 (unknown).
type table struct {
	w       *csv.Writer
	classes []string
}

func newTable(w io.Writer, classes []string) (*table, error) {
	t := &table{w: csv.NewWriter(w), classes: classes}
	return t, t.w.Write([]string{"image", "label", "score", "value"})
}

func (t *table) rows(images []string, scores []float32, states []int8) error {
	n := len(t.classes)
	for i, image := range images {
		for c, class := range t.classes {
			k := i*n + c
			if err := t.w.Write([]string{image, class, formatScore(scores[k]), strconv.Itoa(int(states[k]))}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *table) flush() error {
	t.w.Flush()
	return t.w.Error()
}
