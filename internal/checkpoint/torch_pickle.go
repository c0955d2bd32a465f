package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"csl/internal/checkpoint/pickle"
)

// storage is a torch storage: a region of the file. Legacy files tell the
// region only after the pickle, so it is filled in later.
type storage struct {
	key   string
	dtype DType
	// len is the number of elements that the pickle claims.
	len int64
	// untyped storages are counted in bytes; the tensor brings the type.
	untyped bool
	data    io.ReaderAt
}

// torchTensor is a tensor as the pickle describes it.
type torchTensor struct {
	storage *storage
	dtype   DType
	offset  int64
	shape   []int
	strides []int64
}

// opaque is an object of an allowed kind that the reader has no use for.
type opaque struct{ what string }

// storageClass is the value of a global such as torch.FloatStorage.
type storageClass struct {
	dtype   DType
	untyped bool
}

// storageTypes lists torch's storage classes.
var storageTypes = map[string]storageClass{
	"FloatStorage": {dtype: F32}, "DoubleStorage": {dtype: F64}, "HalfStorage": {dtype: F16}, "BFloat16Storage": {dtype: BF16},
	"LongStorage": {dtype: I64}, "IntStorage": {dtype: I32}, "ShortStorage": {dtype: I16}, "CharStorage": {dtype: I8},
	"ByteStorage": {dtype: U8}, "BoolStorage": {dtype: Bool}, "UntypedStorage": {dtype: U8, untyped: true},
}

// torchDTypes lists torch's dtype objects.
var torchDTypes = map[string]DType{
	"float32": F32, "float64": F64, "float16": F16, "bfloat16": BF16, "int64": I64, "int32": I32,
	"int16": I16, "int8": I8, "uint8": U8, "bool": Bool,
}

// opaqueGlobals are harmless values that checkpoints carry beside tensors
// (best scores as numpy scalars, options, devices). They are read over.
var opaqueGlobals = map[string]bool{
	"numpy.dtype": true, "numpy.ndarray": true, "numpy.core.multiarray.scalar": true, "numpy._core.multiarray.scalar": true,
	"numpy.core.multiarray._reconstruct": true, "numpy._core.multiarray._reconstruct": true, "_codecs.encode": true,
	"torch.Tensor": true, "torch.device": true, "torch.Generator": true, "argparse.Namespace": true,
	"builtins.set": true, "__builtin__.set": true, "builtins.complex": true, "__builtin__.complex": true,
	"builtins.bytearray": true, "__builtin__.bytearray": true,
}

// allowGlobal is the allow-list: everything that a checkpoint may refer to by
// name. Nothing of it is Python; each name stands for a few lines here.
func allowGlobal(module, name string) (any, error) {
	full := module + "." + name
	switch full {
	case "collections.OrderedDict", "collections.Counter", "builtins.dict", "__builtin__.dict":
		return pickle.Func(makeDict), nil
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
		return pickle.Func(rebuildTensor), nil
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter":
		return pickle.Func(firstArg), nil
	case "torch.Size":
		return pickle.Func(firstArg), nil
	case "torch._tensor._rebuild_from_type_v2":
		return pickle.Func(rebuildFromType), nil
	}
	if c, ok := storageTypes[name]; ok && (module == "torch" || module == "torch.cuda" || module == "torch.storage") {
		return c, nil
	}
	if d, ok := torchDTypes[name]; ok && module == "torch" {
		return d, nil
	}
	if opaqueGlobals[full] {
		return pickle.Func(func(pickle.Tuple) (any, error) { return &opaque{full}, nil }), nil
	}
	return nil, refuse(full)
}

// errRefused marks a global that is not on the allow-list.
var errRefused = errors.New("is not allowed in a checkpoint and was not run")

// refuse explains why a global is an error, by what it most likely is.
func refuse(full string) error {
	module, _, _ := strings.Cut(full, ".")
	hint := ""
	switch {
	case module == "torch" && strings.HasSuffix(full, "Storage"):
		hint = ": tensors of this type are not supported"
	case module == "torch" && strings.Contains(full, "quantized"):
		hint = ": quantised tensors are not supported"
	case module == "torch" && strings.HasPrefix(full, "torch.nn."), strings.Contains(full, "models."):
		hint = ": this is a whole pickled model; save model.state_dict() instead"
	}
	return fmt.Errorf("%q %w%s", full, errRefused, hint)
}

// makeDict stands for dict, OrderedDict and Counter, made empty, from pairs or
// from another dict.
func makeDict(args pickle.Tuple) (any, error) {
	d := &pickle.Dict{}
	if len(args) == 0 {
		return d, nil
	}
	if from, ok := args[0].(*pickle.Dict); ok && len(args) == 1 {
		return from, nil
	}
	l, ok := args[0].(*pickle.List)
	if !ok || len(args) > 1 {
		return nil, errors.New("a dict is made from something other than a list of pairs")
	}
	for _, item := range l.Items {
		pair := items(item)
		if len(pair) != 2 {
			return nil, errors.New("a dict is made from something other than a list of pairs")
		}
		d.Set(pair[0], pair[1])
	}
	return d, nil
}

// firstArg stands for wrappers: a parameter is its tensor, a Size its tuple.
func firstArg(args pickle.Tuple) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("a parameter without a tensor")
	}
	return args[0], nil
}

// rebuildFromType stands for torch._tensor._rebuild_from_type_v2 (function,
// type, arguments, state): a tensor to which attributes were given. They are
// dropped.
func rebuildFromType(args pickle.Tuple) (any, error) {
	if len(args) != 4 {
		return nil, errors.New("a typed tensor without its four arguments")
	}
	f, ok1 := args[0].(pickle.Func)
	inner, ok2 := args[2].(pickle.Tuple)
	if !ok1 || !ok2 {
		return nil, errors.New("a typed tensor with unsound arguments")
	}
	return f(inner)
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
// and in legacy files a view or None).
func storageID(id any) (*storage, error) {
	parts := items(id)
	if len(parts) < 5 || parts[0] != "storage" {
		return nil, errors.New("an object from outside the pickle that is no storage")
	}
	class, ok1 := parts[1].(storageClass)
	key, ok2 := parts[2].(string)
	count, ok3 := parts[4].(int64)
	if !ok1 || !ok2 || !ok3 || count < 0 {
		return nil, errors.New("a storage with unsound arguments")
	}
	return &storage{key: key, dtype: class.dtype, len: count, untyped: class.untyped}, nil
}

// items lists a tuple's or list's items; nil for anything else.
func items(v any) []any {
	switch v := v.(type) {
	case pickle.Tuple:
		return v
	case *pickle.List:
		return v.Items
	}
	return nil
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
	out := &Tensor{Name: name, Shape: t.shape, DType: t.dtype, storage: t.storage.data, storageLen: t.storage.len, offset: t.offset}
	if t.storage.untyped {
		out.storageLen = t.storage.len / int64(t.dtype.Size())
	}
	if !packedStrides(t.shape, t.strides) {
		out.strides = t.strides
	}
	return out, out.check()
}

// torchConfig is the pickle machine's table, with known collecting storages.
func torchConfig(persistent func(id any) (any, error)) pickle.Config {
	return pickle.Config{
		Global:     allowGlobal,
		Persistent: persistent,
		Build: func(object, _ any) error {
			if o, ok := object.(*opaque); ok && o != nil {
				return nil
			}
			return fmt.Errorf("state is given to a %T", object)
		},
	}
}

// isBig tells whether v is the integer written in hexadecimal.
func isBig(v any, hex string) bool {
	want, _ := new(big.Int).SetString(hex, 16)
	got, ok := v.(*big.Int)
	return ok && want != nil && got.Cmp(want) == 0
}
