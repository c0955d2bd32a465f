package pickle

import (
	"fmt"
	"strconv"
	"strings"
)

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
