package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"csl/internal/model"
)

// The files of testdata/strangers hold what make_strangers.py says.

// The stem's second value is 1/4 in regular weights and 1/8 in averaged ones.
func secondValue(t *testing.T, f *File) float32 {
	t.Helper()
	x, ok := f.Tensor(stemAlibaba)
	if !ok {
		t.Fatalf("%s: no %s", f.Path, stemAlibaba)
	}
	v, err := x.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return v[1]
}

func TestWhatLiesBesideTheWeightsIsSkippedAndListed(t *testing.T) {
	for _, file := range []string{"beside_zip.pth", "beside_protocol5.pth", "beside_legacy.pth"} {
		f := mustOpen(t, filepath.Join("testdata/strangers", file))
		if len(f.Tensors()) != 1 || f.Wrapped != "state_dict" || secondValue(t, f) != 0.25 {
			t.Errorf("%s: %d tensors under %q", file, len(f.Tensors()), f.Wrapped)
		}
		for _, want := range []string{"pathlib.PurePosixPath", "mine.Early", "mine.AttrDict", "mine.Kind", "datetime.datetime", "functools.partial", "torch.nn.modules.loss.BCEWithLogitsLoss"} {
			if !slices.Contains(f.Skipped, want) {
				t.Errorf("%s: %q does not list %s", file, f.Skipped, want)
			}
		}
		if slices.ContainsFunc(f.Skipped, func(s string) bool { return strings.HasPrefix(s, "numpy.") || strings.HasPrefix(s, "collections.") }) {
			t.Errorf("%s: %q lists what everybody has", file, f.Skipped)
		}
	}
}

func TestModelsAreFoundUnderAnyKeyAndPrefix(t *testing.T) {
	for file, want := range map[string]struct {
		key, prefix string
		value       float32
		choice      string
	}{
		"state_in_subclass.pth":  {"state_dict", "", 0.25, ""},
		"model_beside_state.pth": {"state_dict", "", 0.25, ""},
		"ema_beside.pth":         {"state_dict", "", 0.25, `the regular weights ("state_dict") are used; the file also has averaged weights ("state_dict_ema"); --weights ema takes those`},
		"ema_only.pth":           {"model_ema", "module.", 0.125, `the averaged weights ("module." in "model_ema") are used: the file has no others`},
		"ema_nested.pth":         {"net", "_orig_mod.", 0.25, "--weights ema takes those"},
		"ema_prefixed.pth":       {"state_dict", "model.", 0.25, `averaged weights ("ema_model.module." in "state_dict")`},
	} {
		f := mustOpen(t, filepath.Join("testdata/strangers", file))
		if f.Wrapped != want.key || f.Prefix != want.prefix || secondValue(t, f) != want.value {
			t.Errorf("%s: under %q with prefix %q", file, f.Wrapped, f.Prefix)
		}
		if got := f.Choice(); !strings.Contains(got, want.choice) || (got == "") != (want.choice == "") {
			t.Errorf("%s: choice %q, want %q", file, got, want.choice)
		}
	}
}

func TestWeightsAreThoseThatWereChosen(t *testing.T) {
	for _, file := range []string{"ema_beside.pth", "ema_nested.pth", "ema_prefixed.pth", "ema_only.pth"} {
		f := mustOpen(t, filepath.Join("testdata/strangers", file))
		if err := f.Select(Averaged); err != nil || secondValue(t, f) != 0.125 || f.Variant != Averaged {
			t.Errorf("%s: averaged: %v", file, err)
		}
		err := f.Select(Regular)
		if file == "ema_only.pth" {
			if err == nil || !strings.Contains(err.Error(), "no regular weights") {
				t.Errorf("%s: regular: %v", file, err)
			}
		} else if err != nil || secondValue(t, f) != 0.25 {
			t.Errorf("%s: regular: %v", file, err)
		}
	}
	f := mustOpen(t, "testdata/tiny_zip.pth")
	if err := f.Select(Averaged); err == nil || !strings.Contains(err.Error(), "no averaged weights") {
		t.Errorf("no average: %v", err)
	}
}

func TestCslsOwnFileSaysWhichWeightsItHas(t *testing.T) {
	m := fullMeta(t) // of averaged weights
	table, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := writeTemp(t, func(w io.Writer) error { return WriteSafetensors(w, Tensors(tinyWeights(t)), table) })
	f := mustOpen(t, path)
	if err := f.Select(Averaged); err != nil {
		t.Error(err)
	}
	if _, err := Interpret(f); err != nil || f.Variant != Averaged || f.Choice() != "" {
		t.Errorf("%v, %q, choice %q", err, f.Variant, f.Choice())
	}
	f = mustOpen(t, path)
	if err := f.Select(Regular); err == nil {
		_, err = Interpret(f)
		if err == nil || !strings.Contains(err.Error(), "no regular weights") {
			t.Errorf("regular: %v", err)
		}
	}
}

// renamed writes a whole model whose names change gives, and more tensors.
func renamed(t *testing.T, w *model.Weights, change func(i int, name string) string, more ...Out) string {
	t.Helper()
	outs := Tensors(w)
	for i := range outs {
		outs[i].Name = change(i, outs[i].Name)
	}
	return writeOuts(t, append(outs, more...))
}

func TestPrefixesOfSafetensorsMayBeMixed(t *testing.T) {
	w := randomised(t)
	for what, change := range map[string]func(i int, name string) string{
		"model.":              func(_ int, n string) string { return "model." + n },
		"module.model.":       func(_ int, n string) string { return "module.model." + n },
		"backbone only":       func(_ int, n string) string { return map[bool]string{true: n, false: "backbone." + n}[isHead(n)] },
		"every other tensor":  func(i int, n string) string { return []string{"module.", ""}[i%2] + n },
		"a compiled backbone": func(_ int, n string) string { return "net." + strings.Replace(n, "body.", "body._orig_mod.", 1) },
		"three kinds":         func(i int, n string) string { return []string{"model.", "module.", "_orig_mod."}[i%3] + n },
	} {
		got, _, err := ReadModel(t.Context(), renamed(t, w, change))
		if err != nil || sumOfWeights(got) != sumOfWeights(w) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTensorsBesideTheModelAreUnexpectedByTheirWholeName(t *testing.T) {
	w := randomised(t)
	odd := FloatOut("criterion.pos_weight", []float32{1, 2}, 2)
	path := renamed(t, w, func(_ int, n string) string { return "model." + n }, odd, FloatOut("n_averaged", []float32{3}))
	if _, _, err := ReadModel(t.Context(), path); !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), "1 unexpected (criterion.pos_weight)") {
		t.Errorf("strict: %v", err)
	}
	sd := mustInterpret(t, path)
	got, diff, err := sd.Model(t.Context(), true)
	if err != nil || sumOfWeights(got) != sumOfWeights(w) || !slices.Equal(diff.Unexpected, []string{"criterion.pos_weight"}) {
		t.Errorf("lenient: %v, %v", diff, err)
	}
}

func TestNamesFromFilesCannotSteerTheTerminal(t *testing.T) {
	for name, want := range map[string]string{"x\x1b[31my": `"x\x1b[31my"`, "a\nb": `"a\nb"`, "a\u202eb": `"a\u202eb"`, "größe": "größe"} {
		if got := (&Diff{Unexpected: []string{name}}).String(); !strings.Contains(got, want) || strings.ContainsAny(got, "\x1b\n\u202e") {
			t.Errorf("%q became %q", name, got)
		}
	}
	if got := (&Diff{Missing: []string{strings.Repeat("a", 1<<20)}}).String(); len(got) > 400 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestTypesThatNobodyNeedsDoNotMatter(t *testing.T) {
	whole := mustReadFile(t, writeOuts(t, Tensors(tinyWeights(t))))
	n := binary.LittleEndian.Uint64(whole)
	for _, kind := range []struct {
		name string
		size int
	}{{"U32", 4}, {"F8_E4M3", 1}, {"C64", 8}, {"F4_NEW", 3}} {
		data := whole[8+n:]
		end := len(data)
		extra := append(append([]byte(`,"extra.t":{"dtype":"`+kind.name+`","shape":[1],"data_offsets":[`), strconv.Itoa(end)+","+strconv.Itoa(end+kind.size)...), "]}}"...)
		header := append(bytes.TrimRight(bytes.Clone(whole[8:8+n]), " "), extra...)
		header = bytes.Replace(header, []byte("}}"+string(extra)), []byte("}"+string(extra)), 1)
		path := filepath.Join(t.TempDir(), "odd.safetensors")
		content := append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), append(bytes.Clone(data), make([]byte, kind.size)...)...)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		sd := mustInterpret(t, path)
		if _, diff, err := sd.Model(t.Context(), true); err != nil || !slices.Equal(diff.Unexpected, []string{"extra.t"}) {
			t.Errorf("%s: %v, %v", kind.name, diff, err)
		}
		x, _ := sd.File.Tensor("extra.t")
		if _, err := x.Float32s(); err == nil || !strings.Contains(err.Error(), kind.name) {
			t.Errorf("%s was read: %v", kind.name, err)
		}
	}
}

func TestArchivesThatWereZippedAnewAreRead(t *testing.T) {
	want, _, err := ReadModel(t.Context(), "testdata/tiny_zip.pth")
	if err != nil {
		t.Fatal(err)
	}
	path := rezipped(t, "testdata/tiny_zip.pth", nil)
	got, _, err := ReadModel(t.Context(), path)
	if err != nil || sumOfWeights(got) != sumOfWeights(want) {
		t.Error(err)
	}
}

// rezipped is the archive with every entry deflated, its content as change gives it.
func rezipped(t *testing.T, from string, change func(name string, content []byte) []byte) string {
	t.Helper()
	r, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return writeTemp(t, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, e := range r.File {
			in, err := e.Open()
			if err != nil {
				return err
			}
			content, err := io.ReadAll(in)
			if err != nil {
				return err
			}
			if change != nil {
				content = change(e.Name, content)
			}
			out, err := z.CreateHeader(&zip.FileHeader{Name: e.Name, Method: zip.Deflate})
			if err != nil {
				return err
			}
			if _, err := out.Write(content); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

func TestArchivesThatGrowBeyondMeasureAreRefused(t *testing.T) {
	const big = 64 << 20
	path := writeTemp(t, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for name, content := range map[string][]byte{"x/data.pkl": []byte(tensorPickle(big/4, 0, []int64{big / 4}, []int64{1})), "x/data/0": make([]byte, big)} {
			out, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
			if err != nil {
				return err
			}
			if _, err := out.Write(content); err != nil {
				return err
			}
		}
		return z.Close()
	})
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "times its size") {
		t.Error(err)
	}
}

// A flipped bit of a weight shows nowhere but in a sum.
func TestAFlippedBitIsAnError(t *testing.T) {
	w := randomised(t)
	meta := &Meta{Spec: w.Spec()}
	table, err := meta.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for what, path := range map[string]string{
		"PyTorch's zip": "testdata/tiny_zip.pth",
		"csl's .pth":    writeTemp(t, func(o io.Writer) error { return WriteTorch(o, Tensors(w), nil, table) }),
		"safetensors":   writeTemp(t, func(o io.Writer) error { return WriteSafetensors(o, Tensors(w), table) }),
	} {
		whole := mustReadFile(t, path)
		if _, _, err := ReadModel(t.Context(), path); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, at := range []int{len(whole) / 3, len(whole) / 2, 2 * len(whole) / 3} {
			changed := bytes.Clone(whole)
			changed[at] ^= 0x10
			flipped := filepath.Join(t.TempDir(), "flipped")
			if err := os.WriteFile(flipped, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := ReadModel(t.Context(), flipped); err == nil || !strings.Contains(err.Error(), "CRC-32") {
				t.Errorf("%s, byte %d: %v", what, at, err)
			}
		}
	}
}

func TestWeightsThatAreNotFiniteAreCounted(t *testing.T) {
	w := randomised(t)
	for _, p := range w.Params() {
		switch p.Name {
		case "head.fc.bias":
			p.Data[1] = float32(math.Inf(-1))
		case "body.conv1.0.weight":
			p.Data[0], p.Data[7] = float32(math.NaN()), float32(math.Inf(1))
		}
	}
	sd := mustInterpret(t, writeOuts(t, Tensors(w)))
	if _, _, err := sd.Model(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	want := []NonFinite{{"body.conv1.0.weight", 2, 8 * 48 * 9}, {"head.fc.bias", 1, 3}}
	if got := sd.NonFinite(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := DescribeNonFinite(sd.NonFinite()), "3 values in 2 tensors are not finite (body.conv1.0.weight: 2 of 3456, head.fc.bias: 1 of 3)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if DescribeNonFinite(nil) != "" {
		t.Error("nothing is described")
	}
}

func TestATorchFileKeepsMetadata(t *testing.T) {
	m := fullMeta(t)
	table, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	f := reopen(t, func(w io.Writer) error {
		return WriteTorch(w, Tensors(tinyWeights(t)), []string{"a <b>", "größe", "c"}, table)
	})
	sd, err := Interpret(f)
	if err != nil || sd.Meta == nil || sd.Meta.Input.Width != 320 || sd.Meta.Thresholds[1] != 0.25 || sd.Classes()[0].ID != "/m/01" {
		t.Errorf("%+v, %v", sd, err)
	}
}

func TestLongListsBesideTheWeightsAreRead(t *testing.T) {
	p := strings.TrimSuffix(tensorPickle(4, 0, []int64{4}, []int64{1}), ".") + "X\x06\x00\x00\x00losses](" +
		strings.Repeat("G?\xb9\x99\x99\x99\x99\x99\x9a", 1_500_000) + "es."
	path := filepath.Join(t.TempDir(), "long.pth")
	if err := os.WriteFile(path, torchZip(t, p, 16), 0o600); err != nil {
		t.Fatal(err)
	}
	if x, ok := mustOpen(t, path).Tensor("a"); !ok || x.Len() != 4 {
		t.Errorf("%+v", x)
	}
}
