package prior

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"csl/internal/safefile"
)

// The header of a prior file. The first two are the reference's; it ignores the others.
const (
	columnClass = "Classes"
	columnValue = "avg_pred"
	columnLow   = "low"
	columnHigh  = "high"
	columnMean  = "mean_score"
	columnCount = "annotated"
)

// Save writes the prior as CSV with the header Classes,avg_pred and, where there are intervals,
// low,high,mean_score,annotated (the last two where they are known). Values are the shortest text that reads back as the same float32.
func (p *Prior) Save(fsys safefile.FS, path string) error {
	if err := p.Validate(); err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	return safefile.Write(fsys, path, p.write)
}

func (p *Prior) write(w io.Writer) error {
	c := csv.NewWriter(w)
	header := []string{columnClass, columnValue}
	if p.Low != nil {
		header = append(header, columnLow, columnHigh)
	}
	beside := p.Mean != nil && p.Count != nil
	if beside {
		header = append(header, columnMean, columnCount)
	}
	if err := c.Write(header); err != nil {
		return err
	}
	for i, name := range p.Classes {
		row := []string{name, text(p.Avg[i])}
		if p.Low != nil {
			row = append(row, text(p.Low[i]), text(p.High[i]))
		}
		if beside {
			row = append(row, text(p.Mean[i]), text(p.Count[i]))
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func text(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
