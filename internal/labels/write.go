package labels

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteCSV writes the set in the plain format image,label,value so that Open
// reads back an equal one without a class list: the first image
// names every class, in order, with -1 for an unknown one, and an image
// without any label gets one row that says -1. All other unknown cells are
// not written.
func (s *Set) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	rec := csvColumns
	if err := c.Write(rec[:]); err != nil {
		return err
	}
	row := make([]int8, s.NumClasses())
	for i := range s.Len() {
		rec[0] = s.ImageName(i)
		if strings.ContainsAny(rec[0], "\r\n") {
			return fmt.Errorf("write labels: image name %q has a line break", rec[0])
		}
		s.Row(i, row)
		silent := true
		for class, v := range row {
			if v == int8(Unknown) && i > 0 {
				continue
			}
			silent = false
			if err := s.writeCell(c, &rec, class, v); err != nil {
				return err
			}
		}
		if silent && len(row) > 0 {
			if err := s.writeCell(c, &rec, 0, int8(Unknown)); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

func (s *Set) writeCell(c *csv.Writer, rec *[3]string, class int, value int8) error {
	rec[1], rec[2] = s.Classes[class].Name, strconv.Itoa(int(value))
	if strings.ContainsAny(rec[1], "\r\n") {
		return fmt.Errorf("write labels: class name %q has a line break", rec[1])
	}
	return c.Write(rec[:])
}
