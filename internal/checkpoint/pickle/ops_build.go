package pickle

import (
	"errors"
	"fmt"
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
