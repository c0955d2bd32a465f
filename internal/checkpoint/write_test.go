package checkpoint

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"csl/internal/model"
	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

// tinyWeights are initialised weights of the smallest model.
func tinyWeights(t testing.TB) *model.Weights {
	t.Helper()
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		t.Fatal(err)
	}
	spec.NumClasses = 3
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	w.Init(7)
	if err := w.SetCount("body.conv1.1.num_batches_tracked", 1<<40+1); err != nil {
		t.Fatal(err)
	}
	return w
}

// special are bit patterns that must survive: NaN payloads, -0, subnormals.
func special() []float32 {
	var v []float32
	for _, bits := range []uint32{0x7fc00001, 0xffc12345, 0x80000000, 1, 0x007fffff, 0x7f800000, 0xff800000, 0x3f800000} {
		v = append(v, math.Float32frombits(bits))
	}
	return v
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// reopen writes to a file through safefile and opens it.
func reopen(t *testing.T, write func(io.Writer) error) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out")
	if err := safefile.Write(safefile.OS(), path, write); err != nil {
		t.Fatal(err)
	}
	return mustOpen(t, path)
}

func TestBothWritersKeepEveryBit(t *testing.T) {
	outs := []Out{
		FloatOut("special", special(), 2, 4), FloatOut("scalar", []float32{1.5}), FloatOut("none", nil, 0, 3),
		{Name: "counter", Ints: []int64{1<<53 + 1}},
		FloatOut("odd", []float32{1, 2, 3}, 3),
	}
	for name, write := range map[string]func(io.Writer) error{
		"safetensors": func(w io.Writer) error { return WriteSafetensors(w, outs, map[string]string{"a": "<b> & ü"}) },
		"torch":       func(w io.Writer) error { return WriteTorch(w, outs, []string{"cat", "größe"}, nil) },
	} {
		f := reopen(t, write)
		for _, o := range outs {
			x, ok := f.Tensor(o.Name)
			if !ok || x.Len() != o.len() || !slices.Equal(x.Shape, o.Shape) {
				t.Fatalf("%s: %s: %+v", name, o.Name, x)
			}
			if o.Ints != nil {
				if v, err := x.Int64s(); err != nil || !slices.Equal(v, o.Ints) {
					t.Errorf("%s: %s: %v, %v", name, o.Name, v, err)
				}
				continue
			}
			if v, err := x.Float32s(); err != nil || !sameBits(v, o.Floats()) {
				t.Errorf("%s: %s: %v, %v", name, o.Name, v, err)
			}
		}
		switch f.Format {
		case Safetensors:
			if f.Meta["a"] != "<b> & ü" {
				t.Errorf("metadata %v", f.Meta)
			}
		case TorchZip:
			if !slices.Equal(f.Classes, []string{"cat", "größe"}) || f.NumClasses != 2 || f.Wrapped != "model" {
				t.Errorf("classes %v", f.Classes)
			}
		}
	}
}

func TestModelGoesRoundThroughAllFormats(t *testing.T) {
	w, sd, err := ReadModel(t.Context(), "testdata/tiny_bottleneck_legacy.pth")
	if err != nil {
		t.Fatal(err)
	}
	want := goldens(t)["tiny_bottleneck"].Float32
	dir := t.TempDir()
	meta := Meta{Spec: sd.Spec, Classes: sd.Classes()}
	table, err := meta.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range sd.Classes() {
		names = append(names, c.Name)
	}
	for i, write := range []func(io.Writer) error{
		func(o io.Writer) error { return WriteSafetensors(o, Tensors(w), table) },
		func(o io.Writer) error { return WriteTorch(o, Tensors(w), names, nil) },
		func(o io.Writer) error { return WriteSafetensors(o, Tensors(w), table) },
	} {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := safefile.Write(safefile.OS(), path, write); err != nil {
			t.Fatal(err)
		}
		if w, sd, err = ReadModel(t.Context(), path); err != nil { // the next one is written from what was read
			t.Fatal(err)
		}
		if got := sumOfWeights(w); got != want {
			t.Errorf("pass %d (%s): values have the sum %s, want %s", i, sd.File.Format, got, want)
		}
		if len(sd.Classes()) != 8 || sd.Classes()[7].Name != "class_07" {
			t.Errorf("pass %d: classes %v", i, sd.Classes())
		}
	}
	if a, b := mustReadFile(t, filepath.Join(dir, "a")), mustReadFile(t, filepath.Join(dir, "c")); !bytes.Equal(a, b) {
		t.Error("the same model gave two different files")
	}
}

func TestTorchFilesAreEqualForEqualInput(t *testing.T) {
	var a, b bytes.Buffer
	w := tinyWeights(t)
	for _, o := range []*bytes.Buffer{&a, &b} {
		if err := WriteTorch(o, Tensors(w), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two files differ")
	}
}

func TestWritersReportFullDisksAndLeaveNothing(t *testing.T) {
	w := tinyWeights(t)
	writers := map[string]func(io.Writer) error{
		"safetensors": func(o io.Writer) error { return WriteSafetensors(o, Tensors(w), nil) },
		"torch":       func(o io.Writer) error { return WriteTorch(o, Tensors(w), nil, nil) },
	}
	for name, write := range writers {
		for n := int64(0); n < 500_000; n += 77_777 {
			dir := t.TempDir()
			err := safefile.Write(faultfs.Full(n), filepath.Join(dir, "out"), write)
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s, %d bytes fit: %v", name, n, err)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("%s, %d bytes fit: left behind %v", name, n, left)
			}
		}
	}
}

func TestWritersRefuseWhatCannotBeReadBack(t *testing.T) {
	for name, outs := range map[string][]Out{
		"twice":     {FloatOut("a", nil, 0), FloatOut("a", nil, 0)},
		"no name":   {FloatOut("", nil, 0)},
		"no data":   {{Name: "a"}},
		"too short": {FloatOut("a", []float32{1}, 2)},
		"reserved":  {FloatOut("__metadata__", nil, 0)},
	} {
		if err := WriteSafetensors(io.Discard, outs, nil); err == nil {
			t.Errorf("safetensors: %s accepted", name)
		}
		if err := WriteTorch(io.Discard, outs, nil, nil); err == nil {
			t.Errorf("torch: %s accepted", name)
		}
	}
}

func fullMeta(t testing.TB) *Meta {
	t.Helper()
	return &Meta{
		Version: "0.1", Spec: tinyWeights(t).Spec(),
		Classes:   []Class{{"/m/01", "a <b>"}, {"", "größe"}, {"x", "c"}},
		Input:     &Input{Height: 448, Width: 320, Interpolation: "bilinear", Mean: []float64{0, 0.1, 0.2}, Std: []float64{1, 2, 3}},
		Threshold: 0.7, Thresholds: []float32{0.1, 0.25, 0.3}, Prior: []float32{0.01, 0.5, 1},
		Config: "model:\n  name: tresnet_tiny\n", Metrics: map[string]float64{"map_partial": 81.25, "epoch": 3}, Weights: "ema",
	}
}

func TestMetadataIsReadBackEqual(t *testing.T) {
	for _, m := range []*Meta{fullMeta(t), {Spec: tinyWeights(t).Spec()}} {
		table, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeMeta(table)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("got %+v, %v; want %+v", got, err, m)
		}
	}
	if m, err := DecodeMeta(map[string]string{"format": "pt"}); m != nil || err != nil {
		t.Errorf("foreign metadata: %v, %v", m, err)
	}
}

func TestUnsoundMetadataIsAnError(t *testing.T) {
	for name, change := range map[string]func(*Meta){
		"classes":       func(m *Meta) { m.Classes = m.Classes[:2] },
		"thresholds":    func(m *Meta) { m.Thresholds[0] = 1.5 },
		"NaN threshold": func(m *Meta) { m.Threshold = math.NaN() },
		"prior":         func(m *Meta) { m.Prior = append(m.Prior, 0) },
		"prior value":   func(m *Meta) { m.Prior[0] = -1 },
		"metric":        func(m *Meta) { m.Metrics["x"] = math.Inf(1) },
		"size":          func(m *Meta) { m.Input.Height = 0 },
		"interpolation": func(m *Meta) { m.Input.Interpolation = "nearest" },
		"mean":          func(m *Meta) { m.Input.Mean = nil },
		"deviation":     func(m *Meta) { m.Input.Std[1] = 0 },
		"architecture":  func(m *Meta) { m.Spec.Stages = nil },
	} {
		m := fullMeta(t)
		change(m)
		if _, err := m.Encode(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for key, text := range map[string]string{"csl.classes": "[1]", "csl.architecture": "{", "csl.prior": `"x"`, "csl.threshold": "2"} {
		table, err := fullMeta(t).Encode()
		if err != nil {
			t.Fatal(err)
		}
		table[key] = text
		if _, err := DecodeMeta(table); err == nil {
			t.Errorf("%s = %s: accepted", key, text)
		}
	}
}

func TestMetadataOfAnotherModelIsAnError(t *testing.T) {
	m := fullMeta(t)
	m.Spec.Planes = 16
	table, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	f := reopen(t, func(o io.Writer) error { return WriteSafetensors(o, Tensors(tinyWeights(t)), table) })
	if _, err := Interpret(f); err == nil || !strings.Contains(err.Error(), "metadata says") {
		t.Errorf("error %v", err)
	}
}

func TestMetadataTellsSlopesThatTensorsDoNot(t *testing.T) {
	m := fullMeta(t)
	m.Spec.Slope, m.Spec.Name = 0.25, "mine"
	table, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	f := reopen(t, func(o io.Writer) error { return WriteSafetensors(o, Tensors(tinyWeights(t)), table) })
	sd, err := Interpret(f)
	if err != nil || sd.Spec.Slope != 0.25 || sd.Spec.Name != "mine" || sd.Meta.Threshold != 0.7 {
		t.Errorf("%+v, %v", sd, err)
	}
}
