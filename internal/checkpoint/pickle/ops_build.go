package pickle

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

func (m *machine) tuple() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.push(Tuple(items))
}

func tupleN(m *machine, n int) error {
	items, err := m.popN(n)
	if err != nil {
		return err
	}
	return m.push(Tuple(items))
}

func (m *machine) list() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.push(&List{items})
}

func (m *machine) appendOne() error {
	item, err := m.pop()
	if err != nil {
		return err
	}
	return m.extend([]any{item})
}

func (m *machine) appendMany() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.extend(items)
}

func (m *machine) extend(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case *List:
		v.Items = append(v.Items, items...)
	case *Opaque:
	default:
		return fmt.Errorf("appends to a %T", v)
	}
	return nil
}

func (m *machine) dict() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	d := &Dict{}
	if err := fillDict(d, items); err != nil {
		return err
	}
	return m.push(d)
}

func (m *machine) setItem() error {
	items, err := m.popN(2)
	if err != nil {
		return err
	}
	return m.setAll(items)
}

func (m *machine) setItems() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.setAll(items)
}

func (m *machine) setAll(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case *Dict:
		return fillDict(v, items)
	case *Opaque:
		if v.Items == nil {
			v.Items = &Dict{}
		}
		return fillDict(v.Items, items)
	}
	return fmt.Errorf("sets an item of a %T", v)
}

// maxKey bounds the time spent on hashing one key repeatedly: entries with a longer one are kept,
// but cannot be looked up.
const maxKey = 4096

func fillDict(d *Dict, items []any) error {
	if len(items)%2 != 0 {
		return errors.New("a dict gets a key without a value")
	}
	for i := 0; i < len(items); i += 2 {
		key := items[i]
		if s, ok := key.(string); ok && len(s) > maxKey {
			key = &Opaque{Name: "str"}
		}
		d.Set(key, items[i+1])
	}
	return nil
}

func (m *machine) addItems() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case *Set:
		v.Items = append(v.Items, items...)
	case *Opaque:
	default:
		return fmt.Errorf("adds to a %T", v)
	}
	return nil
}

func (m *machine) frozenSet() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.push(&Set{items})
}

func (m *machine) putLine() error {
	key, err := m.lineKey()
	if err != nil {
		return err
	}
	return m.remember(key)
}

func put(m *machine, size uint64) error {
	key, err := m.in.uint(size)
	if err != nil {
		return err
	}
	return m.remember(key)
}

func (m *machine) memoize() error { return m.remember(uint64(len(m.memo))) }

// remember keeps the topmost value under a key.
func (m *machine) remember(key uint64) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	if _, ok := m.memo[key]; !ok {
		if err := m.charge(memoCost); err != nil {
			return err
		}
	}
	m.memo[key] = v
	return nil
}

func (m *machine) getLine() error {
	key, err := m.lineKey()
	if err != nil {
		return err
	}
	return m.recall(key)
}

func get(m *machine, size uint64) error {
	key, err := m.in.uint(size)
	if err != nil {
		return err
	}
	return m.recall(key)
}

func (m *machine) recall(key uint64) error {
	v, ok := m.memo[key]
	if !ok {
		return fmt.Errorf("memo entry %d is missing", key)
	}
	return m.stackShared(v)
}

func (m *machine) lineKey() (uint64, error) {
	s, err := m.in.line()
	if err != nil {
		return 0, err
	}
	key, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a memo key", s)
	}
	return key, nil
}

func (m *machine) global() error {
	module, err := m.in.line()
	if err != nil {
		return err
	}
	name, err := m.in.line()
	if err != nil {
		return err
	}
	return m.pushGlobal(module, name)
}

func (m *machine) stackGlobal() error {
	pair, err := m.popN(2)
	if err != nil {
		return err
	}
	module, ok1 := pair[0].(string)
	name, ok2 := pair[1].(string)
	if !ok1 || !ok2 {
		return errors.New("a global's name is not a string")
	}
	return m.pushGlobal(module, name)
}

func (m *machine) pushGlobal(module, name string) error {
	v, err := m.c.Global(module, name)
	if err != nil {
		return err
	}
	return m.push(v)
}

// reduce serves REDUCE and NEWOBJ: callable, tuple of arguments.
func (m *machine) reduce() error {
	pair, err := m.popN(2)
	if err != nil {
		return err
	}
	if o, ok := pair[0].(*Opaque); ok {
		return m.push(&Opaque{Name: o.Name})
	}
	args, ok := pair[1].(Tuple)
	if !ok {
		return fmt.Errorf("a call's arguments are a %T", pair[1])
	}
	return m.call(pair[0], args)
}

func (m *machine) newObjEx() error {
	parts, err := m.popN(3)
	if err != nil {
		return err
	}
	if o, ok := parts[0].(*Opaque); ok {
		return m.push(&Opaque{Name: o.Name})
	}
	args, ok1 := parts[1].(Tuple)
	named, ok2 := parts[2].(*Dict)
	if !ok1 || !ok2 || named.Len() > 0 {
		return errors.New("a call with named arguments is not supported")
	}
	return m.call(parts[0], args)
}

func (m *machine) inst() error {
	if err := m.global(); err != nil {
		return err
	}
	f, err := m.pop()
	if err != nil {
		return err
	}
	args, err := m.popMark()
	if err != nil {
		return err
	}
	return m.call(f, args)
}

func (m *machine) obj() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return errors.New("an object without a class")
	}
	return m.call(items[0], items[1:])
}

func (m *machine) call(f any, args Tuple) error {
	if o, ok := f.(*Opaque); ok {
		return m.push(&Opaque{Name: o.Name})
	}
	fn, ok := f.(Func)
	if !ok {
		return fmt.Errorf("a %T %w", f, errNotCallable)
	}
	v, err := fn(args)
	if err != nil {
		return err
	}
	return m.push(v)
}

// build gives an object its state. The attributes of a dict (the _metadata of
// a state dict) are dropped: they are not entries.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	object, err := m.top()
	if err != nil {
		return err
	}
	if state == nil {
		return nil
	}
	switch object.(type) {
	case *Dict, *Opaque:
		return nil
	}
	if m.c.Build == nil {
		return fmt.Errorf("state is given to a %T", object)
	}
	return m.c.Build(object, state)
}

func (m *machine) persistLine() error {
	id, err := m.in.line()
	if err != nil {
		return err
	}
	return m.persist(id)
}

func (m *machine) persistStack() error {
	id, err := m.pop()
	if err != nil {
		return err
	}
	return m.persist(id)
}

func (m *machine) persist(id any) error {
	if m.c.Persistent == nil {
		return errors.New("an object from outside the pickle is asked for")
	}
	v, err := m.c.Persistent(id)
	if err != nil {
		return err
	}
	return m.push(v)
}
