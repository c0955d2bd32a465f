package list

import (
	"context"
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

// Read reads a list in its order. The columns are found by the names in the header, in any order and case; only image
// and class (or label) are required, others than csl's are ignored. encoding is that of the text, as package textio
// names it; "" for UTF-8. A cell that appears twice, an empty name and a value that does not fit are errors that name
// the line.
func Read(ctx context.Context, path, encoding string) ([]Candidate, error) {
	f, err := textio.Open(ctx, path, textio.Options{Encoding: encoding, MaxLine: textio.MaxLine})
	if err != nil {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	defer f.Close()
	list, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("read the list %q: %w", path, err)
	}
	return list, nil
}

func read(text io.Reader) (list []Candidate, err error) {
	type cell struct{ image, class string }
	lines := map[cell]int{}
	var at map[string]int // nil before the header
	width := 0
	err = textio.EachRow(text, func(line int, rec []string) error {
		if at == nil {
			at, width = places(rec), len(rec)
			if at["image"] < 0 || at["class"] < 0 {
				return fmt.Errorf("line %d: columns %q: want image and class, and of %q those that there are", line, rec, columns()[2:])
			}
			return nil
		}
		if len(rec) != width {
			return fmt.Errorf("line %d: %d fields, want %d", line, len(rec), width)
		}
		c, err := candidate(rec, at)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		key := cell{c.Image, c.Class}
		if first, twice := lines[key]; twice {
			return fmt.Errorf("lines %d and %d: image %q, class %q is listed twice: keep one", first, line, c.Image, c.Class)
		}
		lines[key] = line
		list = append(list, c)
		return nil
	})
	if errors.Is(err, textio.ErrEmpty) {
		err = fmt.Errorf("%w: want a header with image and class, as csl audit writes it", err)
	}
	return list, err
}

// places are the columns by csl's names; -1 where there is none.
func places(header []string) map[string]int {
	names := make([]string, len(header))
	for i, h := range header {
		names[i] = strings.ToLower(strings.TrimSpace(h))
	}
	at := map[string]int{}
	for _, name := range columns() {
		at[name] = slices.Index(names, name)
	}
	if at["class"] < 0 {
		at["class"] = slices.Index(names, "label")
	}
	return at
}

// candidate reads one row. The names are copied, as the row's memory is used for the next one.
func candidate(rec []string, at map[string]int) (c Candidate, err error) {
	field := func(name string) string {
		if i := at[name]; i >= 0 {
			return strings.TrimSpace(rec[i])
		}
		return ""
	}
	c.Image, c.Class = labels.ImageName(strings.Clone(rec[at["image"]])), labels.ClassName(strings.Clone(rec[at["class"]]))
	if c.Image == "" || c.Class == "" {
		return c, errors.New("the name of the image or of the class is empty")
	}
	switch v := field("value"); v {
	case "", "-1":
		c.Label = labels.Unknown
	case "0":
		c.Label = labels.Negative
	case "1":
		c.Label = labels.Positive
	default:
		return c, fmt.Errorf("value %q: want 1, 0 or -1 (unknown)", v)
	}
	c.Reason = Reason(strings.Clone(field("reason")))
	score, err := optional("score", field("score"), 32, 0, 1)
	if err != nil {
		return c, err
	}
	chance, err := optional("probability", field("probability"), 32, 0, 1)
	if err != nil {
		return c, err
	}
	c.Score, c.Probability = float32(score), float32(chance)
	c.Priority, err = optional("priority", field("priority"), 64, math.Inf(-1), math.Inf(1))
	return c, err
}

// optional is a number between low and high; NaN for an empty field.
func optional(name, text string, bits int, low, high float64) (float64, error) {
	if text == "" {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(text, bits)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < low || v > high {
		if math.IsInf(low, 0) {
			return 0, fmt.Errorf("%s %q: want a finite number", name, text)
		}
		return 0, fmt.Errorf("%s %q: want a number from %g to %g", name, text, low, high)
	}
	return v, nil
}
