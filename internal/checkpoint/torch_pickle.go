package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
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

// hostile are modules, and functions of builtins, that no file has a reason to
// name but to run something.
var hostile = []string{
	"os", "posix", "nt", "sys", "subprocess", "commands", "pty", "socket", "shutil", "runpy", "importlib", "ctypes", "code", "codeop",
	"webbrowser", "pip", "pdb", "bdb", "timeit", "urllib", "http", "ftplib", "smtplib", "requests", "popen2", "signal",
	"builtins.eval", "builtins.exec", "builtins.execfile", "builtins.compile", "builtins.open", "builtins.__import__",
	"builtins.input", "builtins.breakpoint", "builtins.apply", "builtins.globals",
}

// isHostile tells a global that only an attack names.
func isHostile(module, name string) bool {
	if module == "__builtin__" {
		module = "builtins"
	}
	top, _, _ := strings.Cut(module, ".")
	return slices.Contains(hostile, top) || slices.Contains(hostile, module+"."+name)
}

// errRefused marks a global that only an attack names.
var errRefused = errors.New("is not allowed in a checkpoint and was not run")

// globals resolves what a pickle names. Nothing of it is Python: each name
// stands for a few lines here, or is skipped and noted.
type globals struct {
	skipped []string
	known   map[string]bool
}

// maxSkipped is how many names of skipped globals are noted.
const maxSkipped = 100

// resolve finds the stand-in of module.name.
func (g *globals) resolve(module, name string) (any, error) {
	full := module + "." + name
	switch full {
	case "collections.OrderedDict", "collections.Counter", "builtins.dict", "__builtin__.dict":
		return pickle.Func(makeDict), nil
	case "collections.defaultdict":
		return pickle.Func(makeDefaultDict), nil
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
	if isHostile(module, name) {
		return nil, fmt.Errorf("%.100q %w", full, errRefused)
	}
	g.note(module, full)
	return &pickle.Opaque{Name: full}, nil
}

// plainModules are those whose values everybody keeps in checkpoints: they are
// skipped without a note.
var plainModules = []string{"builtins", "__builtin__", "copyreg", "copy_reg", "_codecs", "collections", "numpy", "torch"}

// note remembers a name that is skipped.
func (g *globals) note(module, full string) {
	top, _, _ := strings.Cut(module, ".")
	plain := slices.Contains(plainModules, module) || top == "numpy"
	if plain || g.known[full] || len(g.skipped) >= maxSkipped || len(full) > maxGlobal {
		return
	}
	if g.known == nil {
		g.known = map[string]bool{}
	}
	g.known[full] = true
	g.skipped = append(g.skipped, full)
}

// maxGlobal is the longest name that is noted, in bytes.
const maxGlobal = 200

// makeDefaultDict stands for defaultdict: what makes missing values is dropped.
func makeDefaultDict(args pickle.Tuple) (any, error) {
	if len(args) > 0 {
		args = args[1:]
	}
	return makeDict(args)
}

// makeDict stands for dict, OrderedDict and Counter, made empty, from pairs or
// from another dict. What is made from anything else is skipped.
func makeDict(args pickle.Tuple) (any, error) {
	d := &pickle.Dict{}
	if len(args) == 0 {
		return d, nil
	}
	if from, ok := args[0].(*pickle.Dict); ok && len(args) == 1 {
		return from, nil
	}
	skipped := &pickle.Opaque{Name: "builtins.dict"}
	list := items(args[0])
	if list == nil || len(args) > 1 {
		return skipped, nil
	}
	for _, item := range list {
		pair := items(item)
		if len(pair) != 2 {
			return skipped, nil
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

// config is the pickle machine's table, with persistent collecting storages.
func (g *globals) config(persistent func(id any) (any, error)) pickle.Config {
	return pickle.Config{
		Global:     g.resolve,
		Persistent: persistent,
		Build:      func(_, _ any) error { return nil }, // attributes of tensors and the like
	}
}

// isBig tells whether v is the integer written in hexadecimal.
func isBig(v any, hex string) bool {
	want, _ := new(big.Int).SetString(hex, 16)
	got, ok := v.(*big.Int)
	return ok && want != nil && got.Cmp(want) == 0
}
