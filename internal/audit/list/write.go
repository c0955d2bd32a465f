package list

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"csl/internal/printable"
)

// columns are those of the file, in the order in which they are written.
func columns() []string {
	return []string{"image", "class", "value", "score", "probability", "priority", "reason"}
}

// Write writes the header and a row for each candidate. safe marks names that a spreadsheet would take for formulas
// as text, which [Read] and the readers of labels do not undo. A name with a line break is an error.
func Write(w io.Writer, candidates iter.Seq[Candidate], safe bool) error {
	c := csv.NewWriter(w)
	if err := c.Write(columns()); err != nil {
		return err
	}
	for x := range candidates {
		image, class := x.Image, x.Class
		if strings.ContainsAny(image+class, "\r\n") {
			return fmt.Errorf("write the list: image %q, class %q: a name with a line break cannot be written", image, class)
		}
		if safe {
			image, class = printable.Cell(image), printable.Cell(class)
		}
		row := []string{
			image, class, strconv.Itoa(int(x.Label)), number(float64(x.Score), 32), number(float64(x.Probability), 32), number(x.Priority, 64), string(x.Reason),
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// number is the shortest text that reads back as the same number of so many bits; NaN is empty.
func number(v float64, bits int) string {
	if v != v {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}
