package checkpoint

import (
	"errors"
	"fmt"
	"math"

	"csl/internal/checkpoint/pickle"
)

// storage is a torch storage: a region of the file. Legacy files tell the
// region only after the pickle, so it is filled in later.
type storage struct {
	key   string
	dtype DType
	// len is the number of elements that the pickle claims.
	len int64
	// other is the class of a storage of elements that csl does not read.
	other string
	// untyped storages are counted in bytes; the tensor brings the type.
	untyped bool
	data    *region
}

// torchTensor is a tensor as the pickle describes it.
type torchTensor struct {
	storage *storage
	dtype   DType
	offset  int64
	shape   []int
	strides []int64
}

// storageClass is the value of a global such as torch.FloatStorage.
type storageClass struct {
	dtype   DType
	untyped bool
	name    string // of one that csl does not read
}

// storageTypes lists torch's storage classes.
var storageTypes = map[string]storageClass{
	"FloatStorage": {dtype: F32}, "DoubleStorage": {dtype: F64}, "HalfStorage": {dtype: F16}, "BFloat16Storage": {dtype: BF16},
	"LongStorage": {dtype: I64}, "IntStorage": {dtype: I32}, "ShortStorage": {dtype: I16}, "CharStorage": {dtype: I8},
	"ByteStorage": {dtype: U8}, "BoolStorage": {dtype: Bool}, "UntypedStorage": {dtype: U8, untyped: true},
	"ComplexFloatStorage": {dtype: C64, name: "ComplexFloatStorage"}, "ComplexDoubleStorage": {dtype: C128, name: "ComplexDoubleStorage"},
	"QInt8Storage": {dtype: Unknown, name: "QInt8Storage"}, "QUInt8Storage": {dtype: Unknown, name: "QUInt8Storage"},
	"QInt32Storage": {dtype: Unknown, name: "QInt32Storage"}, "QUInt4x2Storage": {dtype: Unknown, name: "QUInt4x2Storage"},
	"QUInt2x4Storage": {dtype: Unknown, name: "QUInt2x4Storage"},
}

// torchDTypes lists torch's dtype objects.
var torchDTypes = map[string]DType{
	"float32": F32, "float64": F64, "float16": F16, "bfloat16": BF16, "int64": I64, "int32": I32,
	"int16": I16, "int8": I8, "uint8": U8, "bool": Bool, "uint16": U16, "uint32": U32, "uint64": U64,
	"complex64": C64, "complex128": C128, "float8_e4m3fn": F8E4M3, "float8_e5m2": F8E5M2, "float8_e8m0fnu": F8E8M0,
	"float8_e4m3fnuz": F8E4M3, "float8_e5m2fnuz": F8E5M2,
}

// rebuildTensor stands for torch._utils._rebuild_tensor and _v2 (storage,
// offset, size, stride, …) and _v3 (…, requires_grad, hooks, dtype, …).
func rebuildTensor(args pickle.Tuple) (any, error) {
	if len(args) < 4 {
		return nil, errors.New("a tensor with fewer than four arguments")
	}
	s, ok1 := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	shape, ok3 := int64s(args[2])
	strides, ok4 := int64s(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 || len(shape) != len(strides) || len(shape) > 16 {
		return nil, errors.New("a tensor with unsound arguments")
	}
	t := &torchTensor{storage: s, dtype: s.dtype, offset: offset, strides: strides, shape: make([]int, len(shape))}
	for i, d := range shape {
		if d < 0 || d > math.MaxInt32 {
			return nil, fmt.Errorf("a tensor of the impossible shape %v", shape)
		}
		t.shape[i] = int(d)
	}
	if s.untyped {
		dtype, ok := DType(0), false
		if len(args) > 6 {
			dtype, ok = args[6].(DType)
		}
		if !ok {
			return nil, errors.New("a tensor in an untyped storage without a type")
		}
		t.dtype = dtype
	}
	return t, nil
}

// storageID reads a persistent id: ('storage', class, key, location, count,
// and in legacy files a view or None), or in legacy files ('module', class,
// source file, source), which is the class.
func storageID(id any) (any, error) {
	parts := items(id)
	if len(parts) > 1 && parts[0] == "module" {
		return parts[1], nil
	}
	if len(parts) < 5 || parts[0] != "storage" {
		return nil, errors.New("an object from outside the pickle that is not a storage")
	}
	class, ok1 := parts[1].(storageClass)
	if o, ok := parts[1].(*pickle.Opaque); ok {
		class, ok1 = storageClass{dtype: Unknown, name: o.Name}, true
	}
	key, ok2 := parts[2].(string)
	count, ok3 := parts[4].(int64)
	if !ok1 || !ok2 || !ok3 || count < 0 {
		return nil, errors.New("a storage with unsound arguments")
	}
	return &storage{key: key, dtype: class.dtype, len: count, untyped: class.untyped, other: class.name}, nil
}

// int64s reads a tuple of integers, or none.
func int64s(v any) ([]int64, bool) {
	var list []int64
	for _, item := range items(v) {
		n, ok := item.(int64)
		if !ok {
			return nil, false
		}
		list = append(list, n)
	}
	_, isTuple := v.(pickle.Tuple)
	_, isList := v.(*pickle.List)
	return list, isTuple || isList
}

// tensor turns the description into a readable tensor. The storage's region is
// known by now and holds its claimed length; check does the rest.
func (t *torchTensor) tensor(name string) (*Tensor, error) {
	out := &Tensor{
		Name: name, Stored: name, Shape: t.shape, DType: t.dtype, TypeName: t.storage.other,
		storage: t.storage.data, storageLen: t.storage.len, offset: t.offset,
	}
	if t.storage.untyped {
		out.storageLen = t.storage.len / int64(t.dtype.Size())
	}
	if !packedStrides(t.shape, t.strides) {
		out.strides = t.strides
	}
	return out, out.check()
}
