package checkpoint

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"csl/internal/checkpoint/pickle"
)

// maxClasses bounds the class table: it is far above any real one.
const maxClasses = 1 << 20

// keyMeta is the entry of csl's own PyTorch files that holds its metadata.
const keyMeta = "csl"

// unwrap finds the models in what a PyTorch file holds and takes over their
// tensors and what is said beside them.
func (f *File) unwrap(top any) error {
	d := asDict(top)
	if d == nil {
		return fmt.Errorf("it holds %s, not a dictionary of tensors%s", kindOf(top), saveState(top))
	}
	f.readClasses(d)
	f.readMeta(d)
	tables, err := findTables(d)
	if err != nil {
		return err
	}
	if len(tables) == 0 {
		hint := ""
		for _, p := range d.Pairs() {
			if hint == "" {
				hint = saveState(p.Value)
			}
		}
		return fmt.Errorf("it holds no tensors, only %s%s", someKeys(d), hint)
	}
	return f.findModels(tables)
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

// readMeta takes over csl's metadata, if the file is its own: texts by name.
func (f *File) readMeta(d *pickle.Dict) {
	v, _ := d.Get(keyMeta)
	table := asDict(v)
	if table == nil {
		return
	}
	f.Meta = map[string]string{}
	for _, p := range table.Pairs() {
		key, ok1 := p.Key.(string)
		text, ok2 := p.Value.(string)
		if ok1 && ok2 {
			f.Meta[key] = text
		}
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

// asDict is a dictionary, or what an object of a subclass holds as one; else
// nil.
func asDict(v any) *pickle.Dict {
	switch v := v.(type) {
	case *pickle.Dict:
		return v
	case *pickle.Opaque:
		return v.Items
	}
	return nil
}

// saveState is the tail of an error that says what to do where an object may
// be a whole model.
func saveState(v any) string {
	if _, ok := v.(*pickle.Opaque); !ok {
		return ""
	}
	return ": if that is a model, save model.state_dict() instead"
}

// kindOf names a Python value for an error.
func kindOf(v any) string {
	switch v := v.(type) {
	case *torchTensor:
		return "a single tensor"
	case *pickle.List, pickle.Tuple:
		return "a list"
	case *pickle.Opaque:
		return fmt.Sprintf("an object of the class %.100q", v.Name)
	case nil:
		return "None"
	}
	return fmt.Sprintf("a %T", v)
}

// someKeys lists the first keys of a dictionary, and what objects are there.
func someKeys(d *pickle.Dict) string {
	var keys []string
	for _, p := range d.Pairs() {
		s, ok := p.Key.(string)
		if !ok || len(s) >= 80 {
			continue
		}
		text := strconv.Quote(s)
		if o, ok := p.Value.(*pickle.Opaque); ok {
			text += " (" + kindOf(o) + ")"
		}
		keys = append(keys, text)
	}
	sort.Strings(keys)
	if len(keys) == 0 {
		return "an empty dictionary"
	}
	more := ""
	if len(keys) > 6 {
		keys, more = keys[:6], ", ..."
	}
	return "the keys " + strings.Join(keys, ", ") + more
}
