package validate

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"csl/internal/printable"
)

// table writes scores as CSV, one row per image and class: image,label,score,value, where value is
// 1, 0 or -1 (unknown).
type table struct {
	w       *csv.Writer
	classes []string
	safe    bool // names that a spreadsheet would take for formulas are marked as text
}

func newTable(w io.Writer, classes []string, safe bool) (*table, error) {
	t := &table{w: csv.NewWriter(w), classes: slices.Clone(classes), safe: safe}
	if safe {
		for i, name := range t.classes {
			t.classes[i] = printable.Cell(name)
		}
	}
	return t, t.w.Write([]string{"image", "label", "score", "value"})
}

func (t *table) rows(images []string, scores []float32, states []int8) error {
	n := len(t.classes)
	for i, image := range images {
		if t.safe {
			image = printable.Cell(image)
		}
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
