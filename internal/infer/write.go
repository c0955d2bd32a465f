package infer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"csl/internal/printable"
)

// Format is how results are printed.
type Format string

// The formats.
const (
	Text Format = "text" // a block per image, for people
	JSON Format = "json" // an object per image and line
	CSV  Format = "csv"  // a row per prediction
)

// WriterOptions says how results are printed.
type WriterOptions struct {
	Format Format // text, JSON or CSV
	Logits bool   // print the logits as well
	// Nothing is what text says of an image without predictions.
	Nothing string
	// CSVSafe keeps spreadsheets from taking names for formulas; CSV only.
	CSVSafe bool
	// NoHeader leaves the first line of CSV out: the results follow those of another shard.
	NoHeader bool
	// Drawn tells where the image with its tags is, for JSON; nil: nowhere.
	Drawn func(*Result) string
}

// Writer prints results. Numbers are the shortest text that reads back as the same float32. Images
// with an error are part of JSON only. What it writes at a time is whole lines.
type Writer struct {
	o   WriterOptions
	to  io.Writer
	out bytes.Buffer // of results not yet written
	csv *csv.Writer
}

// fullBuffer is how many bytes of results are written without waiting for Flush.
const fullBuffer = 32 << 10

var _ Sink = (*Writer)(nil)

// NewWriter prints to w.
func NewWriter(w io.Writer, o WriterOptions) (*Writer, error) {
	p := &Writer{o: o, to: w}
	if o.Format != CSV {
		return p, nil
	}
	p.csv = csv.NewWriter(&p.out)
	if o.NoHeader {
		return p, nil
	}
	header := []string{"image", "index", "class", "score"}
	if o.Logits {
		header = append(header, "logit")
	}
	return p, p.csv.Write(header)
}

// Result implements Sink.
func (p *Writer) Result(r *Result) error {
	var err error
	switch p.o.Format {
	case JSON:
		err = p.json(r)
	case CSV:
		err = p.rows(r)
	default:
		p.text(r)
	}
	if err != nil || p.out.Len() < fullBuffer {
		return err
	}
	return p.Flush()
}

// Flush implements Sink.
func (p *Writer) Flush() error {
	if p.csv != nil {
		p.csv.Flush()
		if err := p.csv.Error(); err != nil {
			return err
		}
	}
	_, err := p.out.WriteTo(p.to)
	return err
}

// withLogit is a Prediction whose logit is printed.
type withLogit struct {
	Prediction
	Logit float32 `json:"logit"`
}

func (p *Writer) json(r *Result) error {
	e := json.NewEncoder(&p.out)
	e.SetEscapeHTML(false)
	if r.Err != nil {
		return e.Encode(struct {
			Image string `json:"image"`
			Error string `json:"error"`
		}{r.Image, r.Err.Error()})
	}
	line := struct {
		Image       string `json:"image"`
		Predictions any    `json:"predictions"`
		Drawn       string `json:"drawn,omitempty"`
	}{Image: r.Image, Predictions: r.Predictions}
	if p.o.Drawn != nil {
		line.Drawn = p.o.Drawn(r)
	}
	if p.o.Logits {
		all := make([]withLogit, len(r.Predictions))
		for i, q := range r.Predictions {
			all[i] = withLogit{q, q.Logit}
		}
		line.Predictions = all
	}
	return e.Encode(line)
}

func (p *Writer) rows(r *Result) error {
	var errs []error
	for _, q := range r.Predictions {
		image, class := r.Image, q.Class
		if p.o.CSVSafe {
			image, class = printable.Cell(image), printable.Cell(class)
		}
		row := []string{image, strconv.Itoa(q.Index), class, number(q.Score)}
		if p.o.Logits {
			row = append(row, number(q.Logit))
		}
		errs = append(errs, p.csv.Write(row))
	}
	return errors.Join(errs...)
}

func (p *Writer) text(r *Result) {
	if r.Err != nil {
		return
	}
	fmt.Fprintln(&p.out, printable.Line(r.Image))
	for _, q := range r.Predictions {
		fmt.Fprintf(&p.out, "  %-12s", number(q.Score))
		if p.o.Logits {
			fmt.Fprintf(&p.out, "  %12s", number(q.Logit))
		}
		fmt.Fprintf(&p.out, "  %s\n", printable.Line(q.Class))
	}
	if len(r.Predictions) == 0 {
		fmt.Fprintf(&p.out, "  %s\n", p.o.Nothing)
	}
}

// number is the shortest text that reads back as the same float32.
func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
