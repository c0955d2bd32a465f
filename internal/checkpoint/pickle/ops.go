package pickle

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	opStop  = '.'
	maxLong = 64 // bytes of an integer
)

// step is what one opcode does.
type step func(m *machine) error

// opcodes is the table of the machine (Python's pickletools documents each).
// What is missing needs code or tables from outside the pickle: the
// extension registry and out-of-band buffers.
var opcodes = [256]step{
	0x80: (*machine).proto,                                  // PROTO
	0x95: func(m *machine) error { return skip(m, 8) },      // FRAME
	'N':  func(m *machine) error { return m.push(nil) },     // NONE
	0x88: func(m *machine) error { return m.push(true) },    // NEWTRUE
	0x89: func(m *machine) error { return m.push(false) },   // NEWFALSE
	'I':  (*machine).intLine,                                // INT
	'L':  (*machine).longLine,                               // LONG
	'F':  (*machine).floatLine,                              // FLOAT
	'K':  func(m *machine) error { return pushUint(m, 1) },  // BININT1
	'M':  func(m *machine) error { return pushUint(m, 2) },  // BININT2
	'J':  (*machine).binInt,                                 // BININT
	0x8a: func(m *machine) error { return pushLong(m, 1) },  // LONG1
	0x8b: func(m *machine) error { return pushLong(m, 4) },  // LONG4
	'G':  (*machine).binFloat,                               // BINFLOAT
	'S':  (*machine).stringLine,                             // STRING
	'V':  (*machine).unicodeLine,                            // UNICODE
	'T':  func(m *machine) error { return pushText(m, 4) },  // BINSTRING
	'U':  func(m *machine) error { return pushText(m, 1) },  // SHORT_BINSTRING
	'X':  func(m *machine) error { return pushText(m, 4) },  // BINUNICODE
	0x8c: func(m *machine) error { return pushText(m, 1) },  // SHORT_BINUNICODE
	0x8d: func(m *machine) error { return pushText(m, 8) },  // BINUNICODE8
	'B':  func(m *machine) error { return pushBytes(m, 4) }, // BINBYTES
	'C':  func(m *machine) error { return pushBytes(m, 1) }, // SHORT_BINBYTES
	0x8e: func(m *machine) error { return pushBytes(m, 8) }, // BINBYTES8
	0x96: func(m *machine) error { return pushBytes(m, 8) }, // BYTEARRAY8

	'(':  (*machine).mark,                                   // MARK
	'0':  (*machine).drop,                                   // POP
	'1':  (*machine).dropMark,                               // POP_MARK
	'2':  (*machine).dup,                                    // DUP
	')':  func(m *machine) error { return m.push(Tuple{}) }, // EMPTY_TUPLE
	't':  (*machine).tuple,                                  // TUPLE
	0x85: func(m *machine) error { return tupleN(m, 1) },    // TUPLE1
	0x86: func(m *machine) error { return tupleN(m, 2) },    // TUPLE2
	0x87: func(m *machine) error { return tupleN(m, 3) },    // TUPLE3
	']':  func(m *machine) error { return m.push(&List{}) }, // EMPTY_LIST
	'l':  (*machine).list,                                   // LIST
	'a':  (*machine).appendOne,                              // APPEND
	'e':  (*machine).appendMany,                             // APPENDS
	'}':  func(m *machine) error { return m.push(&Dict{}) }, // EMPTY_DICT
	'd':  (*machine).dict,                                   // DICT
	's':  (*machine).setItem,                                // SETITEM
	'u':  (*machine).setItems,                               // SETITEMS
	0x8f: func(m *machine) error { return m.push(&Set{}) },  // EMPTY_SET
	0x90: (*machine).addItems,                               // ADDITEMS
	0x91: (*machine).frozenSet,                              // FROZENSET

	'p':  (*machine).putLine,                          // PUT
	'q':  func(m *machine) error { return put(m, 1) }, // BINPUT
	'r':  func(m *machine) error { return put(m, 4) }, // LONG_BINPUT
	0x94: (*machine).memoize,                          // MEMOIZE
	'g':  (*machine).getLine,                          // GET
	'h':  func(m *machine) error { return get(m, 1) }, // BINGET
	'j':  func(m *machine) error { return get(m, 4) }, // LONG_BINGET

	'c':  (*machine).global,       // GLOBAL
	0x93: (*machine).stackGlobal,  // STACK_GLOBAL
	'R':  (*machine).reduce,       // REDUCE
	0x81: (*machine).reduce,       // NEWOBJ
	0x92: (*machine).newObjEx,     // NEWOBJ_EX
	'i':  (*machine).inst,         // INST
	'o':  (*machine).obj,          // OBJ
	'b':  (*machine).build,        // BUILD
	'P':  (*machine).persistLine,  // PERSID
	'Q':  (*machine).persistStack, // BINPERSID
}

func (m *machine) proto() error {
	v, err := m.in.ReadByte()
	if err != nil {
		return err
	}
	if v > 5 {
		return fmt.Errorf("pickle protocol %d is not known", v)
	}
	return nil
}

func skip(m *machine, n uint64) error {
	_, err := m.in.bytes(n)
	return err
}

func (m *machine) intLine() error {
	s, err := m.in.line()
	if err != nil {
		return err
	}
	switch s {
	case "00":
		return m.push(false)
	case "01":
		return m.push(true)
	}
	return m.pushDecimal(s)
}

func (m *machine) longLine() error {
	s, err := m.in.line()
	if err != nil {
		return err
	}
	return m.pushDecimal(strings.TrimSuffix(s, "L"))
}

// pushDecimal takes integers of up to about maxLong bytes.
func (m *machine) pushDecimal(s string) error {
	if len(s) > 3*maxLong {
		return fmt.Errorf("%w: an integer of %d digits", ErrLimit, len(s))
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return fmt.Errorf("%q is not an integer", s)
	}
	return m.pushBig(n)
}

func (m *machine) pushBig(n *big.Int) error {
	if n.IsInt64() {
		return m.push(n.Int64())
	}
	return m.push(n)
}

func (m *machine) floatLine() error {
	s, err := m.in.line()
	if err != nil {
		return err
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("%q is not a float", s)
	}
	return m.push(f)
}

func pushUint(m *machine, size uint64) error {
	n, err := m.in.uint(size)
	if err != nil {
		return err
	}
	return m.push(int64(n))
}

func (m *machine) binInt() error {
	n, err := m.in.uint(4)
	if err != nil {
		return err
	}
	return m.push(int64(int32(uint32(n))))
}

// pushLong reads a two's complement little-endian integer.
func pushLong(m *machine, size uint64) error {
	n, err := m.in.uint(size)
	if err != nil {
		return err
	}
	if n > maxLong {
		return fmt.Errorf("%w: an integer of %d bytes", ErrLimit, n)
	}
	b, err := m.in.bytes(n)
	if err != nil {
		return err
	}
	negative := len(b) > 0 && b[len(b)-1] >= 0x80
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	v := new(big.Int).SetBytes(b)
	if negative {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return m.pushBig(v)
}

func (m *machine) binFloat() error {
	b, err := m.in.bytes(8)
	if err != nil {
		return err
	}
	var bits uint64
	for _, c := range b { // big-endian, alone among the opcodes
		bits = bits<<8 | uint64(c)
	}
	return m.push(math.Float64frombits(bits))
}

func (m *machine) stringLine() error {
	s, err := m.in.line()
	if err != nil {
		return err
	}
	if len(s) < 2 || (s[0] != '\'' && s[0] != '"') || s[len(s)-1] != s[0] {
		return fmt.Errorf("%q is not a quoted string", s)
	}
	return m.push(s[1 : len(s)-1])
}

func (m *machine) unicodeLine() error {
	s, err := m.in.line()
	if err != nil {
		return err
	}
	return m.push(s)
}

// pushText takes a string; one that is not UTF-8 becomes Bytes.
func pushText(m *machine, size uint64) error {
	b, err := m.in.counted(size)
	if err != nil {
		return err
	}
	if !utf8.Valid(b) {
		return m.push(Bytes(b))
	}
	return m.push(string(b))
}

func pushBytes(m *machine, size uint64) error {
	b, err := m.in.counted(size)
	if err != nil {
		return err
	}
	return m.push(Bytes(b))
}

func (m *machine) mark() error {
	if len(m.marks) >= m.limits.Depth {
		return fmt.Errorf("%w: nested deeper than %d", ErrLimit, m.limits.Depth)
	}
	m.marks = append(m.marks, len(m.stack))
	return nil
}

// drop pops a value, or the mark if nothing lies above it, as Python does.
func (m *machine) drop() error {
	if len(m.marks) > 0 && len(m.stack) == m.floor() {
		m.marks = m.marks[:len(m.marks)-1]
		return nil
	}
	_, err := m.pop()
	return err
}

func (m *machine) dropMark() error {
	_, err := m.popMark()
	return err
}

func (m *machine) dup() error {
	v, err := m.top()
	if err != nil {
		return err
	}
	return m.stackShared(v)
}

var errNotCallable = errors.New("is called but is not a function")
