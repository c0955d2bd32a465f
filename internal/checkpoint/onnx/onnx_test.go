package onnx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"csl/internal/model"
	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

// field is a decoded protobuf field: the independent half of these tests.
type field struct {
	number int
	value  uint64
	bytes  []byte
}

// decode splits a protobuf message into its fields.
func decode(t *testing.T, b []byte) []field {
	t.Helper()
	var list []field
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		b = b[n:]
		f := field{number: int(key >> 3)}
		switch key & 7 {
		case wireVarint:
			f.value, n = binary.Uvarint(b)
			b = b[n:]
		case wireFixed4:
			f.value = uint64(binary.LittleEndian.Uint32(b))
			b = b[4:]
		case wireBytes:
			size, n := binary.Uvarint(b)
			f.bytes = b[n : n+int(size)]
			b = b[n+int(size):]
		default:
			t.Fatalf("wire type %d", key&7)
		}
		list = append(list, f)
	}
	return list
}

func all(fields []field, number int) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.number != number })
}

// one is the only field of a number.
func one(t *testing.T, fields []field, number int) field {
	t.Helper()
	list := all(fields, number)
	if len(list) != 1 {
		t.Fatalf("field %d appears %d times", number, len(list))
	}
	return list[0]
}

func weights(t testing.TB, head model.Head) *model.Weights {
	t.Helper()
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		t.Fatal(err)
	}
	spec.NumClasses, spec.Head, spec.HeadHidden = 5, head, 16
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	w.Init(1)
	for _, p := range append(w.Params(), w.Buffers()...) {
		if !p.Decay {
			for i := range p.Data {
				p.Data[i] += 0.125 * float32(i%5)
			}
		}
	}
	return w
}

func encode(t *testing.T, w *model.Weights, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, w, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The graph is sound: every input of a node is made before it, every constant
// is used and has as many bytes as its extents say.
func TestGraphIsConnected(t *testing.T) {
	for _, head := range []model.Head{model.PlainHead, model.BottleneckHead} {
		m := decode(t, encode(t, weights(t, head), Options{Version: "1", Metadata: map[string]string{"b": "2", "a": "1"}}))
		if one(t, m, modelIRVersion).value != irVersion || one(t, decode(t, one(t, m, modelOpset).bytes), opsetVersion).value != opset {
			t.Error("versions")
		}
		if props := all(m, modelMetadata); len(props) != 2 || string(one(t, decode(t, props[0].bytes), entryKey).bytes) != "a" {
			t.Errorf("metadata %v", props)
		}
		g := decode(t, one(t, m, modelGraph).bytes)
		made, used := map[string]bool{"image": true}, map[string]bool{}
		for _, c := range all(g, graphInitializer) {
			f := decode(t, c.bytes)
			n := 4
			if one(t, f, tensorType).value == elemInt64 {
				n = 8
			}
			for _, d := range all(f, tensorDims) {
				n *= int(d.value)
			}
			name := string(one(t, f, tensorName).bytes)
			if len(one(t, f, tensorRaw).bytes) != n || made[name] {
				t.Errorf("constant %s has %d bytes, want %d", name, len(one(t, f, tensorRaw).bytes), n)
			}
			made[name] = true
		}
		for _, n := range all(g, graphNode) {
			f := decode(t, n.bytes)
			for _, in := range all(f, nodeInput) {
				if !made[string(in.bytes)] {
					t.Errorf("node %s uses %s before it is made", one(t, f, nodeName).bytes, in.bytes)
				}
				used[string(in.bytes)] = true
			}
			out := string(one(t, f, nodeOutput).bytes)
			if made[out] {
				t.Errorf("%s is made twice", out)
			}
			made[out] = true
		}
		for name := range made {
			if !used[name] && name != "scores" {
				t.Errorf("%s is not used", name)
			}
		}
		if !made["logits"] || !made["scores"] {
			t.Error("an output is missing")
		}
	}
}

// A folded unit gives what convolution and norm give, on an image of ones.
func TestFoldingKeepsTheFunction(t *testing.T) {
	w := weights(t, model.PlainHead)
	g := decode(t, one(t, decode(t, encode(t, w, Options{})), modelGraph).bytes)
	constant := func(name string) []float32 {
		for _, c := range all(g, graphInitializer) {
			f := decode(t, c.bytes)
			if string(one(t, f, tensorName).bytes) == name {
				raw := one(t, f, tensorRaw).bytes
				v := make([]float32, len(raw)/4)
				for i := range v {
					v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
				}
				return v
			}
		}
		t.Fatalf("no constant %s", name)
		return nil
	}
	get := func(name string) []float32 { _, v, _ := w.Get(name); return v }
	const unit = "body.layer3.0.conv2.0"
	conv, gamma, beta := get(unit+".0.weight"), get(unit+".1.weight"), get(unit+".1.bias")
	mean, variance := get(unit+".1.running_mean"), get(unit+".1.running_var")
	weight, bias := constant(unit+".weight"), constant(unit+".bias")
	per := len(conv) / len(gamma)
	for c := range gamma {
		var x, y float64
		for i := c * per; i < (c+1)*per; i++ {
			x += float64(conv[i])
			y += float64(weight[i])
		}
		want := (math.Abs(float64(gamma[c]))+1e-5)*(x-float64(mean[c]))/math.Sqrt(float64(variance[c])+1e-5) + float64(beta[c])
		if got := y + float64(bias[c]); math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
			t.Errorf("channel %d: %v, want %v", c, got, want)
		}
	}
}

func TestInputSizeIsFixedOrOpen(t *testing.T) {
	for _, c := range []struct {
		o             Options
		height, width string
	}{{Options{}, "height", "width"}, {Options{Height: 64, Width: 96}, "@", "`"}} {
		g := decode(t, one(t, decode(t, encode(t, weights(t, model.PlainHead), c.o)), modelGraph).bytes)
		typ := decode(t, one(t, decode(t, one(t, g, graphInput).bytes), valueType).bytes)
		dims := all(decode(t, one(t, decode(t, one(t, typ, typeTensor).bytes), typeShape).bytes), shapeDim)
		for i, want := range []string{"batch", "\x03", c.height, c.width} {
			d := decode(t, dims[i].bytes)[0]
			got := string(d.bytes)
			if d.number == dimValue {
				got = string(rune(d.value))
			}
			if got != want {
				t.Errorf("extent %d is %q, want %q", i, got, want)
			}
		}
	}
}

func TestEqualModelsGiveEqualFiles(t *testing.T) {
	o := Options{Metadata: map[string]string{"a": "1", "b": "2", "c": "3"}}
	if !bytes.Equal(encode(t, weights(t, model.PlainHead), o), encode(t, weights(t, model.PlainHead), o)) {
		t.Error("two files differ")
	}
}

func TestFullDiskLeavesNothing(t *testing.T) {
	w := weights(t, model.PlainHead)
	for n := int64(0); n < 400_000; n += 99_999 {
		dir := t.TempDir()
		err := safefile.Write(faultfs.Full(n), filepath.Join(dir, "m.onnx"), func(o io.Writer) error { return Write(o, w, Options{}) })
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "m.onnx") {
			t.Errorf("%d bytes fit: %v", n, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%d bytes fit: left behind %v", n, left)
		}
	}
}
