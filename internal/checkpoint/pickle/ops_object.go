package pickle

import (
	"errors"
	"fmt"
)

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
