package pickle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// refuseAll is a table without any globals.
func refuseAll(module, name string) (any, error) {
	return nil, fmt.Errorf("global %s.%s is refused", module, name)
}

func read(p string) (any, error) {
	return Read(bytes.NewReader([]byte(p)), Config{Global: refuseAll})
}

// show writes a value as Python would, roughly.
func show(v any) string {
	list := func(items []any) string {
		var parts []string
		for _, i := range items {
			parts = append(parts, show(i))
		}
		return strings.Join(parts, ", ")
	}
	switch v := v.(type) {
	case nil:
		return "None"
	case Tuple:
		return "(" + list(v) + ")"
	case *List:
		return "[" + list(v.Items) + "]"
	case *Set:
		return "{" + list(v.Items) + "}"
	case *Dict:
		var parts []string
		for _, p := range v.Pairs() {
			parts = append(parts, show(p.Key)+": "+show(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case string:
		return fmt.Sprintf("%q", v)
	case Bytes:
		return fmt.Sprintf("b%q", string(v))
	}
	return fmt.Sprint(v)
}

// Each pickle is what Python 3.11's pickle.dumps wrote for the value, unless
// the comment says otherwise.
func TestPlainValuesAreRead(t *testing.T) {
	for _, c := range []struct{ pickle, want string }{
		// {'a': [1, 2.5, None, True], 'b': (1, -2, 300)}, protocols 0, 2 and 4
		{"(dp0\nVa\np1\n(lp2\nI1\naF2.5\naNaI01\nasVb\np3\n(I1\nI-2\nI300\ntp4\ns.", `{"a": [1, 2.5, None, true], "b": (1, -2, 300)}`},
		{"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88eX\x01\x00\x00\x00bq\x03K\x01J\xfe\xff\xff\xffM,\x01\x87q\x04u.", `{"a": [1, 2.5, None, true], "b": (1, -2, 300)}`},
		{"\x80\x04\x95)\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88e\x8c\x01b\x94K\x01J\xfe\xff\xff\xffM,\x01\x87\x94u.", `{"a": [1, 2.5, None, true], "b": (1, -2, 300)}`},
		// 2**70, -2**70, 255, -129 as LONG1
		{"\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00@.", "1180591620717411303424"},
		{"\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\xc0.", "-1180591620717411303424"},
		{"\x80\x02\x8a\x02\xff\x00.", "255"},
		{"\x80\x02\x8a\x02\x7f\xff.", "-129"},
		{"\x80\x02\x8a\x00.", "0"},
		// b'\x00\xff', {1, 2}, frozenset({3}), bytearray(b'ab')
		{"\x80\x04\x95\x06\x00\x00\x00\x00\x00\x00\x00C\x02\x00\xff\x94.", `b"\x00\xff"`},
		{"\x80\x04\x8f\x94(K\x01K\x02\x90.", "{1, 2}"},
		{"\x80\x04(K\x03\x91\x94.", "{3}"},
		{"\x80\x05\x96\x02\x00\x00\x00\x00\x00\x00\x00ab\x94.", `b"ab"`},
		// one list twice, by memo: (x, x)
		{"\x80\x02]q\x00h\x00\x86q\x01.", "([], [])"},
		// by hand: DUP, POP, POP_MARK, DICT, LIST, STRING, LONG, SHORT_BINSTRING not UTF-8
		{"K\x0120K\x02\x86.", "(1, 2)"},
		{"K\x01(K\x02K\x031.", "1"},
		{"(K\x01K\x02d.", "{1: 2}"},
		{"(S'x'\nL5L\nl.", `["x", 5]`},
		{"U\x01\xff.", `b"\xff"`},
		{"}(K\x01K\x02K\x01K\x03u.", "{1: 3}"},
	} {
		got, err := read(c.pickle)
		if err != nil || show(got) != c.want {
			t.Errorf("%q: %s, %v; want %s", c.pickle, show(got), err, c.want)
		}
	}
}

func TestNothingIsReadBehindTheStop(t *testing.T) {
	r := bytes.NewReader([]byte("K\x01.K\x02."))
	for want := range int64(2) {
		v, err := Read(r, Config{Global: refuseAll})
		if err != nil || v != want+1 {
			t.Fatalf("%v, %v", v, err)
		}
	}
}

func TestCodeIsRefusedByName(t *testing.T) {
	for _, c := range []struct{ pickle, want string }{
		{"cos\nsystem\n(S'touch /tmp/pwned'\ntR.", "os.system"},                                      // protocol 0
		{"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.", "posix.system"},                  // STACK_GLOBAL
		{"(S'id'\nios\nsystem\n.", "os.system"},                                                      // INST
		{"(cos\nsystem\nS'id'\no.", "os.system"},                                                     // OBJ
		{"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R.", "__builtin__.eval"},                 // builtins
		{"\x80\x02cbuiltins\ngetattr\n.", "builtins.getattr"},                                        // even if not called
		{"\x80\x02ctorch.storage\n_load_from_bytes\nC\x01a\x85R.", "torch.storage._load_from_bytes"}, // nested torch.load
		{"\x80\x02\x82\x01.", "opcode 0x82"},                                                         // EXT1
		{"\x80\x05\x97.", "opcode 0x97"},                                                             // NEXT_BUFFER
		{"K\x01)R.", "is called"},                                                                    // 1()
		{"]K\x01b.", "state is given"},                                                               // [].__setstate__(1)
		{"K\x01Q.", "outside the pickle"},                                                            // persistent id
		{"Pxyz\n.", "outside the pickle"},                                                            // persistent id
		{"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x8c\x01aK\x01s\x92.", "os.system"},                  // NEWOBJ_EX
		{"\x80\x04K\x01)}\x8c\x01aK\x01s\x92.", "named arguments"},                                   // NEWOBJ_EX
		{"\x80\x04K\x01K\x02\x93.", "not a string"},                                                  // STACK_GLOBAL of numbers
	} {
		_, err := read(c.pickle)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.pickle, err, c.want)
		}
	}
}

func TestUnsoundPicklesAreErrors(t *testing.T) {
	for _, p := range []string{
		"", ".", "K", "0.", "1.", "t.", "\x85.", "a.", "K\x01K\x02a.", "K\x01K\x02K\x03s.", "](K\x01u.", "}(K\x01u.", "h\x05.", "g9\n.",
		"gx\n.", "px\n.", "q\x00.", "2.", "Ix\n.", "F--\n.", "Sx\n.", "I1", "\x80\x09.", "](K\x01\x90.", "(.", "\xff.", "(o.", "K\x01K\x02R.",
		"X\xff\xff\xff\x7fa.", "\x8d\xff\xff\xff\xff\xff\xff\xff\xffa.", "\x8b\xff\xff\xff\x7fa.", "\x95\xff\xff\xff\xff\xff\xff\xff\xff.",
	} {
		if v, err := read(p); err == nil {
			t.Errorf("%q: %s", p, show(v))
		}
	}
	if _, err := read("]K\x01"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut off: %v", err)
	}
}

// endless repeats a piece of pickle for ever, and counts what was taken.
type endless struct {
	piece string
	n     int
}

func (e *endless) ReadByte() (byte, error) {
	b := e.piece[e.n%len(e.piece)]
	e.n++
	return b, nil
}

func TestWorkIsBounded(t *testing.T) {
	limits := Limits{Bytes: 1 << 20, Memory: 1 << 20, Depth: 100}
	for _, piece := range []string{
		"(", "]", "}", "N", "K\x01", "]]a", "\x80\x02", "N0", "Nq\x01", "N\x94", "]2", "(K\x01t", "X\x04\x00\x00\x00abcd", "I1\n", "V", "]q\x00h\x00h\x00a",
	} {
		e := &endless{piece: piece}
		_, err := Read(e, Config{Global: refuseAll, Limits: limits})
		if !errors.Is(err, ErrLimit) {
			t.Errorf("%q without end: %v", piece, err)
		}
		if e.n > 1<<20+1 {
			t.Errorf("%q without end: %d bytes were read", piece, e.n)
		}
	}
	if _, err := read("I" + strings.Repeat("9", 1000) + "\n."); !errors.Is(err, ErrLimit) {
		t.Errorf("long number: %v", err)
	}
}

func TestDictFindsKeysOfAnyKind(t *testing.T) {
	d := &Dict{}
	tuple, list := Tuple{int64(1)}, &List{}
	keys := []any{nil, true, int64(1), 1.5, "a", Bytes("a"), tuple, list}
	for i, k := range keys {
		d.Set(k, i)
	}
	for i := range int64(20) { // over the size at which the map is made
		d.Set(100+i, i)
	}
	for i := range int64(20) {
		if v, ok := d.Get(100 + i); !ok || v != i {
			t.Errorf("key %d: %v, %v", 100+i, v, ok)
		}
	}
	if _, ok := d.Get("none"); ok {
		t.Error("a key that was never set is found")
	}
	d.Set("a", "new")
	for i, k := range keys {
		v, ok := d.Get(k)
		want := any(i)
		if k == any("a") {
			want = "new"
		}
		if !ok || v != want {
			t.Errorf("key %v: %v, %v", k, v, ok)
		}
	}
	if d.Len() != len(keys)+20 {
		t.Errorf("%d entries", d.Len())
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"(dp0\nVa\np1\n(lp2\nI1\naF2.5\naNaI01\nas.", "\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01eu.",
		"\x80\x04\x95)\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01eu.", "cos\nsystem\n(S'id'\ntR.", "\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00@.",
		"]q\x00h\x00a.", "(K\x01K\x02d.", "\x80\x04\x8f(K\x01\x90.",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		c := Config{
			Global:     func(_, name string) (any, error) { return Func(func(a Tuple) (any, error) { return a, nil }), nil },
			Persistent: func(id any) (any, error) { return id, nil },
			Build:      func(_, _ any) error { return nil },
			Limits:     Limits{Bytes: 1 << 16, Memory: 1 << 18, Depth: 50},
		}
		if _, err := Read(bytes.NewReader(p), c); err != nil && len(err.Error()) == 0 {
			t.Error("an error without words")
		}
	})
}
