// Package pickle reads Python pickles as data. It executes nothing.
//
// The machine knows the opcodes of protocols 0 to 5 that build plain values.
// What a pickle refers to by name is looked up by the caller
// ([Config].Global): as a stand-in, as an [Opaque] to skip, or as an error.
// Time and memory are bounded by [Limits] whatever the bytes say. What the
// names mean (tensors, storages) must not be known here.
package pickle

import (
	"errors"
	"fmt"
	"io"
)

// Values that have no plain Go counterpart. The others are: None nil, bool,
// int64 (and *big.Int beyond it), float64, string, Bytes, and what the
// caller's functions return.
type (
	// Bytes is a bytes or bytearray object.
	Bytes []byte
	// Tuple is a tuple; it is never changed once made.
	Tuple []any
	// List is a list; appending changes it in place.
	List struct {
		Items []any // in order
	}
	// Set is a set or frozenset, in the pickle's order, not deduplicated.
	Set struct {
		Items []any // as they came
	}
)

// Func is the stand-in for something that a pickle may call: a class or a
// function. It returns the value that takes the result's place.
type Func func(args Tuple) (any, error)

// Opaque is something that the caller has no stand-in for: a class, a function,
// or whatever comes of calling it. It can be called, filled and given a state;
// all of that is skipped, and what comes of it is opaque too.
type Opaque struct {
	// Name is the global that it stems from, module.name.
	Name string
	// Items are the entries that it is given as a dict is; nil if it is given
	// none.
	Items *Dict
}

// Config says what a pickle may refer to.
type Config struct {
	// Global resolves module.name: to a Func if it can be called, to an
	// *Opaque if it is to be skipped, else to any value. Its error ends the
	// reading.
	Global func(module, name string) (any, error)
	// Persistent resolves a persistent id; nil: there must be none.
	Persistent func(id any) (any, error)
	// Build applies the state that a pickle gives to an object made by a
	// Func. Dictionaries, opaque objects and nil states are handled before;
	// nil: an error.
	Build func(object, state any) error
	// Limits bounds the work; zero fields mean the default.
	Limits Limits
}

// Limits bounds what one pickle may ask for. A zero field is the default.
type Limits struct {
	// Bytes is the longest pickle; default 256 MiB.
	Bytes int64
	// Memory is about what the values may take, in bytes, beyond their texts;
	// default 512 MiB, which is 10 million numbers in lists.
	Memory int64
	// Depth is the deepest nesting of open marks; default 1000. Nesting of
	// values needs no stack and is bounded by Memory.
	Depth int
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = 256 << 20
	}
	if l.Memory == 0 {
		l.Memory = 512 << 20
	}
	if l.Depth == 0 {
		l.Depth = 1000
	}
	return l
}

// What a value is charged for, in bytes: its place in a list that grows, and
// what it holds itself. They are rough, but never far below the truth.
const (
	scalarCost    = 48
	containerCost = 192
	memoCost      = 80
)

// cost is what a new value is charged for.
func cost(v any) int64 {
	switch v.(type) {
	case nil, bool, int64, float64:
		return scalarCost
	}
	return containerCost
}

// ErrLimit says that a pickle asks for more than its Limits.
var ErrLimit = errors.New("pickle asks for too much")

// Read runs one pickle from r, up to and including its STOP opcode, and not a
// byte further. The error names the offset and, at the end of r, wraps
// io.ErrUnexpectedEOF.
func Read(r io.ByteReader, c Config) (any, error) {
	limits := c.Limits.orDefault()
	m := &machine{in: &source{r: r, left: limits.Bytes}, c: c, limits: limits, memo: map[uint64]any{}}
	value, err := m.run()
	if err != nil {
		return nil, fmt.Errorf("pickle at byte %d: %w", m.in.pos, err)
	}
	return value, nil
}

// machine is the pickle virtual machine: a stack, marks into it, a memo.
type machine struct {
	in     *source
	c      Config
	limits Limits
	stack  []any
	marks  []int
	memo   map[uint64]any
	used   int64 // memory, as charged
}

// run executes opcodes until STOP.
func (m *machine) run() (any, error) {
	for {
		op, err := m.in.ReadByte()
		if err != nil {
			return nil, err
		}
		if op == opStop {
			return m.pop()
		}
		step := opcodes[op]
		if step == nil {
			return nil, fmt.Errorf("opcode 0x%02x is not supported", op)
		}
		if err := step(m); err != nil {
			return nil, err
		}
	}
}

// push charges for a new value and stacks it.
func (m *machine) push(v any) error {
	if err := m.charge(cost(v)); err != nil {
		return err
	}
	m.stack = append(m.stack, v)
	return nil
}

// stackShared stacks a value that is there already.
func (m *machine) stackShared(v any) error {
	if err := m.charge(scalarCost); err != nil {
		return err
	}
	m.stack = append(m.stack, v)
	return nil
}

// charge counts memory.
func (m *machine) charge(n int64) error {
	m.used += n
	if m.used > m.limits.Memory {
		return fmt.Errorf("%w: its values need more than %d bytes of memory", ErrLimit, m.limits.Memory)
	}
	return nil
}

// floor is the lowest stack place that belongs to the innermost mark.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errors.New("stack is empty")
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

func (m *machine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errors.New("stack is empty")
	}
	return m.stack[len(m.stack)-1], nil
}

// popMark takes everything above the innermost mark. The slice is a copy.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("no mark on the stack")
	}
	at := m.floor()
	m.marks = m.marks[:len(m.marks)-1]
	items := append([]any(nil), m.stack[at:]...)
	m.stack = m.stack[:at]
	return items, nil
}

// popN takes the n topmost values, the deepest first. The slice is a copy.
func (m *machine) popN(n int) ([]any, error) {
	if len(m.stack)-m.floor() < n {
		return nil, errors.New("stack is empty")
	}
	at := len(m.stack) - n
	items := append([]any(nil), m.stack[at:]...)
	m.stack = m.stack[:at]
	return items, nil
}
