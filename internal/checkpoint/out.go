package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"csl/internal/model"
)

// Out is a tensor to be written, row-major: float32, made by Floats when its
// turn comes (so that a whole model needs no second copy in memory), or, if
// Ints is not nil, int64.
type Out struct {
	Name   string           // unique in the file
	Shape  []int            // empty for a scalar
	Floats func() []float32 // makes the elements; may be called twice
	Ints   []int64          // the elements of an int64 tensor
}

// FloatOut is an Out of data that is there already.
func FloatOut(name string, data []float32, shape ...int) Out {
	return Out{Name: name, Shape: shape, Floats: func() []float32 { return data }}
}

// Tensors lists a model's weights for writing, in state_dict order under the
// reference's names, OIHW. They must not change until they are written.
func Tensors(w *model.Weights) []Out {
	var list []Out
	for _, e := range w.Entries() {
		o := Out{Name: e.Name, Shape: e.Shape}
		if n, ok := w.Count(e.Name); ok {
			o.Ints = []int64{n}
		} else {
			o.Floats = func() []float32 {
				_, data, _ := w.Get(e.Name)
				return data
			}
		}
		list = append(list, o)
	}
	return list
}

func (o *Out) dtype() DType {
	if o.Ints != nil {
		return I64
	}
	return F32
}

// len is the number of elements.
func (o *Out) len() int {
	n := 1
	for _, d := range o.Shape {
		n *= d
	}
	return n
}

// bytes is the stored length.
func (o *Out) bytes() int64 { return int64(o.len()) * int64(o.dtype().Size()) }

// writeTo writes the elements little-endian.
func (o *Out) writeTo(w io.Writer) error {
	var data []float32
	have := len(o.Ints)
	if o.Ints == nil {
		data = o.Floats()
		have = len(data)
	}
	if have != o.len() {
		return fmt.Errorf("tensor %q of shape %v has %d elements", o.Name, o.Shape, have)
	}
	size := o.dtype().Size()
	buf := make([]byte, 0, min(have*size, chunkBytes))
	for i := range have {
		if o.Ints != nil {
			buf = binary.LittleEndian.AppendUint64(buf, uint64(o.Ints[i]))
		} else {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(data[i]))
		}
		if len(buf)+size > cap(buf) || i == have-1 {
			if _, err := w.Write(buf); err != nil {
				return fmt.Errorf("tensor %q: %w", o.Name, err)
			}
			buf = buf[:0]
		}
	}
	return nil
}

// checkOuts refuses what no reader could read back.
func checkOuts(tensors []Out) error {
	seen := map[string]bool{}
	for i := range tensors {
		o := &tensors[i]
		if o.Name == "" || o.Name == metaKey || (o.Ints == nil) == (o.Floats == nil) {
			return fmt.Errorf("tensor %q cannot be written", o.Name)
		}
		if seen[o.Name] {
			return fmt.Errorf("tensor %q is given twice", o.Name)
		}
		seen[o.Name] = true
	}
	return nil
}
