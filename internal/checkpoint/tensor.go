package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unsafe"
)

// chunkBytes is the scratch memory of a conversion while reading.
const chunkBytes = 64 << 10

// maxExpanded is the largest tensor, in elements, that may have more elements
// than its storage (a broadcast view). It keeps a small file from asking for
// much memory.
const maxExpanded = 1 << 24

// Tensor is one array of a checkpoint: known by name, shape and type, read
// from the file when asked for. Different tensors may be read at the same time.
type Tensor struct {
	// Name is what the tensor is called, without prefixes of its model.
	Name string
	// Stored is the whole name in the file.
	Stored string
	// Shape is the extent of each dimension; empty for a scalar.
	Shape []int
	// DType is the type in the file.
	DType DType
	// TypeName is what the file calls it, where DType is Unknown.
	TypeName string

	// foreign tensors lie beside the model's and belong to none.
	foreign bool

	// The elements lie in storage (a region of the file, of exactly
	// storageLen elements), from element offset on with strides (nil: packed).
	storage    *region
	storageLen int64
	offset     int64
	strides    []int64
}

// Len is the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Type is the name of the element type.
func (t *Tensor) Type() string {
	if t.DType == Unknown && t.TypeName != "" {
		return t.TypeName
	}
	return t.DType.String()
}

// readable is an error for types that csl does not read.
func (t *Tensor) readable() error {
	if !t.DType.Readable() {
		return fmt.Errorf("tensor %q has the type %q, which csl does not read", t.Name, t.Type())
	}
	return nil
}

// Float32s reads the tensor in row-major order, converted to float32.
func (t *Tensor) Float32s() ([]float32, error) {
	if err := t.readable(); err != nil {
		return nil, err
	}
	dst := make([]float32, t.Len())
	return dst, t.ReadFloat32s(dst)
}

// ReadFloat32s reads the tensor in row-major order into dst, which has exactly
// Len elements. It needs no more than a small buffer besides, unless the
// tensor is a strided view, of which it reads the whole extent.
func (t *Tensor) ReadFloat32s(dst []float32) error {
	if err := t.readable(); err != nil {
		return err
	}
	if len(dst) != t.Len() {
		return fmt.Errorf("tensor %q has %d elements, not %d", t.Name, t.Len(), len(dst))
	}
	if t.strides != nil {
		return t.gather(func(raw []byte, i, at int) { t.DType.toFloat32(dst[i:i+1], raw[at*t.DType.Size():]) })
	}
	if t.DType == F32 && littleEndian() && len(dst) > 0 {
		return t.read(unsafe.Slice((*byte)(unsafe.Pointer(&dst[0])), 4*len(dst)), 0)
	}
	return t.stream(func(raw []byte, from, to int) { t.DType.toFloat32(dst[from:to], raw) })
}

// Int64s reads an integer tensor in row-major order. Floating-point elements
// are an error.
func (t *Tensor) Int64s() ([]int64, error) {
	if err := t.readable(); err != nil {
		return nil, err
	}
	if t.DType.IsFloat() {
		return nil, fmt.Errorf("tensor %q holds %v, not integers", t.Name, t.DType)
	}
	dst := make([]int64, t.Len())
	if t.strides != nil {
		return dst, t.gather(func(raw []byte, i, at int) { dst[i] = t.DType.integer(raw, at) })
	}
	return dst, t.stream(func(raw []byte, from, to int) {
		for i := range dst[from:to] {
			dst[from+i] = t.DType.integer(raw, i)
		}
	})
}

// stream reads packed elements in chunks; use gets elements [from,to).
func (t *Tensor) stream(use func(raw []byte, from, to int)) error {
	size := t.DType.Size()
	n := t.Len()
	chunk := chunkBytes / size
	buf := make([]byte, min(n, chunk)*size)
	for from := 0; from < n; from += chunk {
		to := min(from+chunk, n)
		raw := buf[:(to-from)*size]
		if err := t.read(raw, int64(from)); err != nil {
			return err
		}
		use(raw, from, to)
	}
	return nil
}

// read fills raw from element first (counted from the tensor's own offset) on.
func (t *Tensor) read(raw []byte, first int64) error {
	at := (t.offset + first) * int64(t.DType.Size())
	if _, err := t.storage.ReadAt(raw, at); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read tensor %q: %w", t.Name, err)
	}
	return nil
}

// gather reads the extent of a strided view and visits the elements in
// row-major order: number i lies at element at of raw.
func (t *Tensor) gather(visit func(raw []byte, i, at int)) error {
	n := t.Len()
	if n == 0 {
		return nil
	}
	last := int64(0)
	for d, s := range t.strides {
		last += s * int64(t.Shape[d]-1)
	}
	raw := make([]byte, (last+1)*int64(t.DType.Size()))
	if err := t.read(raw, 0); err != nil {
		return err
	}
	index := make([]int, len(t.Shape))
	at := int64(0)
	for i := range n {
		visit(raw, i, int(at))
		for d := len(index) - 1; d >= 0; d-- {
			index[d]++
			at += t.strides[d]
			if index[d] < t.Shape[d] {
				break
			}
			at -= t.strides[d] * int64(t.Shape[d])
			index[d] = 0
		}
	}
	return nil
}

// check makes sure that the tensor lies inside its storage and that it is of a
// size worth reading. Every reader calls it before handing a tensor out, so
// that no later step can be led outside the file or to an absurd allocation.
func (t *Tensor) check() error {
	if len(t.Shape) > 16 {
		return fmt.Errorf("tensor %q has %d dimensions", t.Name, len(t.Shape))
	}
	n := int64(1)
	for _, d := range t.Shape {
		if d < 0 || d > math.MaxInt32 {
			return fmt.Errorf("tensor %q has the impossible shape %v", t.Name, t.Shape)
		}
		if d > 0 && n > math.MaxInt64/8/int64(d) {
			return fmt.Errorf("tensor %q has the impossible shape %v", t.Name, t.Shape)
		}
		n *= int64(d)
	}
	if n == 0 {
		return nil
	}
	extent := n
	if t.strides != nil {
		extent = 1
		for d, s := range t.strides {
			if s < 0 || s > t.storageLen {
				return fmt.Errorf("tensor %q has the impossible strides %v", t.Name, t.strides)
			}
			steps := int64(t.Shape[d] - 1)
			if steps > 0 && s > (t.storageLen-extent)/steps {
				return t.outside()
			}
			extent += s * steps
		}
		if n > t.storageLen && n > maxExpanded {
			return fmt.Errorf("tensor %q claims %d elements, but its storage has %d", t.Name, n, t.storageLen)
		}
	}
	if t.offset < 0 || extent > t.storageLen || t.offset > t.storageLen-extent {
		return t.outside()
	}
	return nil
}

func (t *Tensor) outside() error {
	return fmt.Errorf("tensor %q of shape %v reaches outside its storage of %d elements", t.Name, t.Shape, t.storageLen)
}

// packedStrides tells whether strides are those of a packed row-major array of
// the given shape. Strides of dimensions of one element do not matter.
func packedStrides(shape []int, strides []int64) bool {
	want := int64(1)
	for d := len(shape) - 1; d >= 0; d-- {
		if shape[d] == 0 {
			return true
		}
		if shape[d] > 1 && strides[d] != want {
			return false
		}
		want *= int64(shape[d])
	}
	return true
}

// littleEndian tells whether memory holds numbers as the files do.
func littleEndian() bool {
	return binary.NativeEndian.Uint16([]byte{1, 0}) == 1
}
