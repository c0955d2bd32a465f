package checkpoint

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"csl/internal/checkpoint/pickle"
)

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
