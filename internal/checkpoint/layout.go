package checkpoint

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"csl/internal/checkpoint/pickle"
)

// wrapKeys are the keys under which training scripts keep the state dict.
var wrapKeys = []string{"state_dict", "model", "model_state_dict", "model_state"}

// prefixes are what wrappers put before every name: DataParallel, compile,
// Lightning.
var prefixes = []string{"module.", "_orig_mod.", "model."}

// maxClasses bounds the class table: it is far above any real one.
const maxClasses = 1 << 20

// unwrap finds the state dict in what a PyTorch file holds and takes over its
// tensors and what is said beside them.
func (f *File) unwrap(top any) error {
	d, ok := top.(*pickle.Dict)
	if !ok {
		return fmt.Errorf("it holds %s, not a dictionary of tensors", kindOf(top))
	}
	f.readClasses(d)
	for range 3 { // {'model': {'state_dict': …}} at the most
		inner := wrapped(d, &f.Wrapped)
		if inner == nil {
			break
		}
		d = inner
	}
	var tensors []*Tensor
	for _, p := range d.Pairs() {
		name, ok1 := p.Key.(string)
		described, ok2 := p.Value.(*torchTensor)
		if !ok1 || !ok2 {
			continue
		}
		t, err := described.tensor(name)
		if err != nil {
			return err
		}
		tensors = append(tensors, t)
	}
	if len(tensors) == 0 {
		return fmt.Errorf("it holds no tensors, only the keys %s", someKeys(d))
	}
	f.Prefix = stripPrefixes(tensors)
	return f.add(tensors)
}

// wrapped returns the state dict below d, if d is a wrapper, and notes its key.
func wrapped(d *pickle.Dict, key *string) *pickle.Dict {
	for _, k := range wrapKeys {
		if v, ok := d.Get(k); ok {
			if inner, ok := v.(*pickle.Dict); ok {
				*key = k
				return inner
			}
		}
	}
	return nil
}

// stripPrefixes takes off what all names share and returns it.
func stripPrefixes(tensors []*Tensor) string {
	all := ""
	for again := true; again; {
		again = false
		for _, p := range prefixes {
			if allHave(tensors, p) {
				for _, t := range tensors {
					t.Name = t.Name[len(p):]
				}
				all += p
				again = true
			}
		}
	}
	return all
}

func allHave(tensors []*Tensor, prefix string) bool {
	for _, t := range tensors {
		if !strings.HasPrefix(t.Name, prefix) {
			return false
		}
	}
	return true
}

// readClasses takes num_classes and idx_to_class (or class_to_idx) from the
// wrapper. A table that is not complete is as good as none.
func (f *File) readClasses(d *pickle.Dict) {
	if v, ok := d.Get("num_classes"); ok {
		if n, ok := integer(v); ok && n > 0 && n <= maxClasses {
			f.NumClasses = int(n)
		}
	}
	if v, ok := d.Get("idx_to_class"); ok {
		f.Classes = classTable(v, false)
	}
	if v, ok := d.Get("class_to_idx"); ok && f.Classes == nil {
		f.Classes = classTable(v, true)
	}
}

// classTable reads {index: name}, {name: index} or [name, …]. Every index from
// 0 on must be there once.
func classTable(v any, swap bool) []string {
	var list []pickle.Pair
	if d, ok := v.(*pickle.Dict); ok {
		list = append(list, d.Pairs()...)
	}
	for i, name := range items(v) {
		list = append(list, pickle.Pair{Key: int64(i), Value: name})
	}
	if len(list) == 0 || len(list) > maxClasses {
		return nil
	}
	names := make([]string, len(list))
	seen := make([]bool, len(list))
	for _, p := range list {
		if swap {
			p.Key, p.Value = p.Value, p.Key
		}
		i, ok1 := integer(p.Key)
		name, ok2 := p.Value.(string)
		if !ok1 || !ok2 || i < 0 || i >= int64(len(list)) || seen[i] {
			return nil
		}
		names[i], seen[i] = name, true
	}
	return names
}

// integer reads an int, also one written as text: the public scripts pass
// --num-classes on as a string, and JSON makes keys strings.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// kindOf names a Python value for an error.
func kindOf(v any) string {
	switch v := v.(type) {
	case *torchTensor:
		return "a single tensor"
	case *pickle.List, pickle.Tuple:
		return "a list"
	case *opaque:
		return "a " + v.what
	case nil:
		return "None"
	}
	return fmt.Sprintf("a %T", v)
}

// someKeys lists the first keys of a dictionary.
func someKeys(d *pickle.Dict) string {
	var keys []string
	for _, p := range d.Pairs() {
		if s, ok := p.Key.(string); ok && len(s) < 80 {
			keys = append(keys, strconv.Quote(s))
		}
	}
	sort.Strings(keys)
	if len(keys) == 0 {
		return "(none)"
	}
	more := ""
	if len(keys) > 6 {
		keys, more = keys[:6], ", ..."
	}
	return strings.Join(keys, ", ") + more
}
