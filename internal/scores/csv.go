package scores

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"csl/internal/labels"
	"csl/internal/textio"
)

// maxDense is the largest matrix that a CSV file is read into, in bytes.
const maxDense = 2 << 30

// columns are the places of image, label and score in a row.
type columns [3]int

// readCSV reads rows image,label,score into memory.
func readCSV(text io.Reader, set *labels.Set) (*dense, error) {
	d := &dense{classes: set.NumClasses()}
	cells := int64(set.Len()) * int64(d.classes)
	if 4*cells > maxDense {
		return nil, fmt.Errorf("%d images of %d classes take %d bytes, more than CSV scores may (%d): use an .npy file", set.Len(), d.classes, 4*cells, maxDense)
	}
	d.values = make([]float32, cells)
	for i := range d.values {
		d.values[i] = float32(math.NaN()) // no score yet
	}
	_, err := eachRow(text, set, func(r row) error {
		cell := &d.values[r.image*d.classes+r.class]
		if *cell == *cell {
			return fmt.Errorf("line %d: a second score of image %q, class %q", r.line, r.fields[0], r.fields[1])
		}
		*cell = float32(r.score)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, v := range d.values {
		if v != v {
			return nil, fmt.Errorf("it has no score of image %q, class %q", set.ImageName(i/d.classes), set.Classes[i%d.classes].Name)
		}
	}
	return d, nil
}

// row is one of the file.
type row struct {
	line, image, class int
	score              float64
	fields             [3]string // image, label and score as they stand there
}

// eachRow calls use for each row of an image and class of set, and counts the others.
func eachRow(text io.Reader, set *labels.Set, use func(row) error) (others int, err error) {
	column := make(map[string]int, set.NumClasses())
	for i, c := range set.Classes {
		column[labels.ClassName(c.Name)] = i
	}
	for i, c := range set.Classes {
		if _, taken := column[c.ID]; c.ID != "" && !taken {
			column[c.ID] = i
		}
	}
	at := columns{0, 1, 2}
	first := true
	err = textio.EachRow(text, func(line int, rec []string) error {
		isHeader := first && at.header(rec)
		if first = false; isHeader {
			return nil
		}
		if len(rec) <= slices.Max(at[:]) {
			return fmt.Errorf("line %d: %d fields, want image,label,score", line, len(rec))
		}
		score, err := strconv.ParseFloat(strings.TrimSpace(rec[at[2]]), 32)
		if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
			return fmt.Errorf("line %d: score %q: want a finite number", line, rec[at[2]])
		}
		image, known := set.Find(rec[at[0]])
		class, listed := column[labels.ClassName(rec[at[1]])]
		if !known || !listed {
			others++
			return nil
		}
		return use(row{line, image, class, score, [3]string{rec[at[0]], rec[at[1]], rec[at[2]]}})
	})
	if errors.Is(err, textio.ErrEmpty) {
		err = fmt.Errorf("%w: want image,label,score", err)
	}
	return others, err
}

// header finds the columns in the first row, and reports whether it names them.
func (c *columns) header(rec []string) bool {
	found := columns{-1, -1, -1}
	for i, name := range rec {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "image":
			found[0] = i
		case "label", "class":
			found[1] = i
		case "score":
			found[2] = i
		}
	}
	if slices.Contains(found[:], -1) {
		return false
	}
	*c = found
	return true
}
