package checkpoint

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"csl/internal/model"
)

// shown is how many names an error lists of each sort.
const shown = 5

// Misshaped is a tensor whose shape is not the expected one.
type Misshaped struct {
	// Name is the model's name of it.
	Name string
	// Got is the shape in the file, Want the model's.
	Got, Want []int
}

// Diff lists how a checkpoint differs from what a model expects, in the
// model's and the file's order.
type Diff struct {
	// Missing are tensors of the model that the file does not have.
	Missing []string
	// Unexpected are tensors of the file that the model has no place for.
	Unexpected []string
	// Misshaped are tensors of both, of different shapes.
	Misshaped []Misshaped
}

// Empty tells whether there is no difference.
func (d *Diff) Empty() bool {
	return len(d.Missing)+len(d.Unexpected)+len(d.Misshaped) == 0
}

// OnlyUnexpected tells whether all that the model needs is there.
func (d *Diff) OnlyUnexpected() bool { return len(d.Missing)+len(d.Misshaped) == 0 }

// withoutHead is the difference of the backbones.
func (d *Diff) withoutHead() *Diff {
	body := &Diff{}
	for _, name := range d.Missing {
		if !isHead(name) {
			body.Missing = append(body.Missing, name)
		}
	}
	for _, name := range d.Unexpected {
		if !isHead(name) {
			body.Unexpected = append(body.Unexpected, name)
		}
	}
	for _, m := range d.Misshaped {
		if !isHead(m.Name) {
			body.Misshaped = append(body.Misshaped, m)
		}
	}
	return body
}

// String says in one line how many tensors differ, and names the first ones.
func (d *Diff) String() string {
	var parts []string
	say := func(n int, what string, name func(i int) string) {
		if n == 0 {
			return
		}
		var names []string
		for i := range min(n, shown) {
			names = append(names, name(i))
		}
		if n > shown {
			names = append(names, "...")
		}
		parts = append(parts, fmt.Sprintf("%d %s (%s)", n, what, strings.Join(names, ", ")))
	}
	say(len(d.Missing), "missing", func(i int) string { return plain(d.Missing[i]) })
	say(len(d.Unexpected), "unexpected", func(i int) string { return plain(d.Unexpected[i]) })
	say(len(d.Misshaped), "mis-shaped", func(i int) string {
		m := d.Misshaped[i]
		return fmt.Sprintf("%s %v instead of %v", plain(m.Name), m.Got, m.Want)
	})
	if len(parts) == 0 {
		return "no difference"
	}
	return "tensors: " + strings.Join(parts, ", ")
}

// maxShownName is how much of a long name messages show, in bytes.
const maxShownName = 200

// plain is a name from a file as messages show it: as it is if it is plain,
// else quoted, so that nothing in it steers a terminal.
func plain(name string) string {
	if len(name) > maxShownName {
		name = name[:maxShownName] + "..."
	}
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

// Compare lists the differences between the checkpoint and the expected
// tensors. Three are none: AveragedModel's counter, missing batch counters (files from before PyTorch
// 0.4.1), and stored blur filters that are the binomial one, which csl has
// built in. A blur filter with other values is unexpected.
func (sd *StateDict) Compare(want []model.Entry) (*Diff, error) {
	d := &Diff{}
	expected := make(map[string]bool, len(want))
	for _, e := range want {
		expected[e.Name] = true
		got, ok := sd.Shape(e.Name)
		switch {
		case !ok && e.Kind != model.Counter:
			d.Missing = append(d.Missing, e.Name)
		case ok && !slices.Equal(got, e.Shape):
			d.Misshaped = append(d.Misshaped, Misshaped{e.Name, got, e.Shape})
		}
	}
	for _, name := range sd.names {
		if expected[name] {
			continue
		}
		if isBlurFilter(name) {
			same, err := binomial(sd.source[name])
			if err != nil {
				return nil, fmt.Errorf("checkpoint %q: %w", sd.File.Path, err)
			}
			if same {
				continue
			}
		}
		d.Unexpected = append(d.Unexpected, name)
	}
	for _, t := range sd.foreign {
		if !isBookkeeping(t) {
			d.Unexpected = append(d.Unexpected, t.Stored)
		}
	}
	return d, nil
}

// isBookkeeping tells the counter that PyTorch's AveragedModel keeps beside
// the weights.
func isBookkeeping(t *Tensor) bool {
	return t.Len() == 1 && (t.Stored == "n_averaged" || strings.HasSuffix(t.Stored, ".n_averaged"))
}

// binomial tells whether t holds the filter [1 2 1]x[1 2 1]/16 per channel.
func binomial(t *Tensor) (bool, error) {
	if s := t.Shape; len(s) != 4 || s[1] != 1 || s[2] != 3 || s[3] != 3 {
		return false, nil
	}
	v, err := t.Float32s()
	if err != nil {
		return false, err
	}
	line := [3]float64{0.25, 0.5, 0.25}
	for i, x := range v {
		if math.Abs(float64(x)-line[i/3%3]*line[i%3]) > 1e-6 {
			return false, nil
		}
	}
	return true, nil
}
