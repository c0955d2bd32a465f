package checkpoint

import (
	"encoding/binary"
	"math"
)

// DType is the element type that a file stores.
type DType uint8

// The element types of the formats, with the names safetensors gives them.
// All are stored little-endian.
const (
	F32 DType = iota
	F64
	F16
	BF16
	I64
	I32
	I16
	I8
	U8
	Bool

	// The types from here on are known by size only: tensors of them can be
	// skipped, not read.

	U64
	U32
	U16
	C128
	C64
	F8E4M3
	F8E5M2
	F8E8M0
	// Unknown is any other type. Its size is 0.
	Unknown
)

// dtypes lists name and size in bytes by DType.
var dtypes = [...]struct {
	name string
	size int
}{
	F32: {"F32", 4}, F64: {"F64", 8}, F16: {"F16", 2}, BF16: {"BF16", 2},
	I64: {"I64", 8}, I32: {"I32", 4}, I16: {"I16", 2}, I8: {"I8", 1}, U8: {"U8", 1}, Bool: {"BOOL", 1},
	U64: {"U64", 8}, U32: {"U32", 4}, U16: {"U16", 2}, C128: {"C128", 16}, C64: {"C64", 8},
	F8E4M3: {"F8_E4M3", 1}, F8E5M2: {"F8_E5M2", 1}, F8E8M0: {"F8_E8M0", 1}, Unknown: {"unknown", 0},
}

// String is the name of the type as safetensors writes it, such as "F32".
func (d DType) String() string { return dtypes[d].name }

// Size is the length of an element in bytes.
func (d DType) Size() int { return dtypes[d].size }

// IsFloat tells floating-point types from integers.
func (d DType) IsFloat() bool { return d <= BF16 }

// Readable tells the types whose elements csl reads.
func (d DType) Readable() bool { return d <= Bool }

// dtypeByName finds a type by its safetensors name.
func dtypeByName(name string) (DType, bool) {
	for d, t := range dtypes {
		if t.name == name {
			return DType(d), true
		}
	}
	return Unknown, false
}

// toFloat32 converts len(dst) elements from src. float64 and int64 are rounded
// to nearest; every other type is exact.
func (d DType) toFloat32(dst []float32, src []byte) {
	le := binary.LittleEndian
	switch d {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(src[4*i:]))
		}
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	case F16:
		for i := range dst {
			dst[i] = halfToFloat(le.Uint16(src[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(le.Uint16(src[2*i:])) << 16)
		}
	default:
		for i := range dst {
			dst[i] = float32(d.integer(src, i))
		}
	}
}

// integer is element i of an integer type.
func (d DType) integer(src []byte, i int) int64 {
	le := binary.LittleEndian
	switch d {
	case I64:
		return int64(le.Uint64(src[8*i:]))
	case I32:
		return int64(int32(le.Uint32(src[4*i:])))
	case I16:
		return int64(int16(le.Uint16(src[2*i:])))
	case I8:
		return int64(int8(src[i]))
	}
	return int64(src[i]) // U8, Bool
}

// halfToFloat widens an IEEE 754 binary16; exact, NaN payloads kept.
func halfToFloat(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h & 0x3ff)
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		f := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
