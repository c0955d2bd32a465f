package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The fuzzers build the outer layers of a file themselves, so that most inputs
// get to the layer under test. Seeds are small: large ones cost all the time
// for being minimised.

// writeTemp writes a new file and returns its path.
func writeTemp(t testing.TB, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "written")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// mustHold loads content and, if that works, checks what a reader relies on:
// tensors can be read or say why not, and interpreting ends without a panic.
func mustHold(t *testing.T, content []byte) {
	t.Helper()
	file := &File{Path: "fuzz", Size: int64(len(content))}
	if err := file.load(bytes.NewReader(content)); err != nil {
		if strings.TrimSpace(err.Error()) == "" {
			t.Error("an error without words")
		}
		return
	}
	for _, v := range []Variant{AnyVariant, Averaged, Regular} {
		if err := file.Select(v); err != nil {
			continue
		}
		total := 0
		for _, x := range file.Tensors() {
			if total += x.Len(); total > maxExpanded {
				break
			}
			data, err := x.Float32s()
			if err == nil && len(data) != x.Len() {
				t.Errorf("%s: %d of %d values", x.Name, len(data), x.Len())
			}
		}
		sd, err := Interpret(file)
		if err == nil {
			_, _, err = sd.Model(t.Context(), true)
		}
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("an error without words")
		}
		_ = file.Choice()
	}
}

// smallPickles are pickles of every kind that the reader distinguishes.
func smallPickles() []string {
	name := func(s string) string { return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s }
	tensor := strings.TrimSuffix(tensorPickle(4, 0, []int64{2, 2}, []int64{1, 2}), "s.")
	tensor = tensor[strings.Index(tensor, "ctorch"):]
	return []string{
		tensorPickle(4, 0, []int64{2, 2}, []int64{1, 2}),
		"\x80\x02}" + name("state_dict") + "}(" + name("module.body.conv1.0.weight") + tensor + name("criterion.w") + tensor + "us" +
			name("state_dict_ema") + "}" + name("body.conv1.0.weight") + tensor + "ss.",
		"\x80\x02}(" + name("csl") + "}" + name("csl.architecture") + name("{}") + "s" + name("a") + tensor + name("o") + "cpathlib\nPosixPath\n" + name("x") + "\x85R}bu.",
		"\x80\x02ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R" + name("a") + tensor + "s.",
		"\x80\x02}" + name("idx_to_class") + "}K\x00" + name("cat") + "ss.",
	}
}

func FuzzTorchPickle(f *testing.F) {
	for _, p := range smallPickles() {
		f.Add([]byte(p), make([]byte, 16), false)
	}
	f.Add([]byte(smallPickles()[0]), []byte("\x00\x00\xc0\x7f\x00\x00\x80\x7f01234567"), true)
	f.Fuzz(func(t *testing.T, pickle, storage []byte, deflate bool) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		method := zip.Store
		if deflate {
			method = zip.Deflate
		}
		for _, e := range []struct {
			name    string
			content []byte
		}{{"x/data.pkl", pickle}, {"x/data/0", storage}} {
			w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
			if err == nil {
				_, err = w.Write(e.content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		mustHold(t, b.Bytes())
	})
}

func FuzzTorchLegacy(f *testing.F) {
	const head = "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}."
	storage := "\x04\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 16)
	for _, p := range smallPickles() {
		f.Add([]byte(p + "\x80\x02]U\x010a." + storage))
	}
	f.Fuzz(func(t *testing.T, rest []byte) { mustHold(t, append([]byte(head), rest...)) })
}

func FuzzTorchZip(f *testing.F) {
	whole := torchZip(f, smallPickles()[0], 16)
	f.Add(whole)
	f.Add(whole[:len(whole)-22])
	f.Fuzz(func(t *testing.T, content []byte) { mustHold(t, content) })
}

func FuzzSafetensorsHeader(f *testing.F) {
	for _, h := range []string{
		`{"__metadata__":{"a":"b"},"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}`,
		`{"m.body.conv1.0.weight":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"ema.body.conv1.0.weight":{"dtype":"U32","shape":[1],"data_offsets":[4,8]}}`,
		`{"__metadata__":{"csl.crc32":"{\"a\":\"00000000\"}"},"a":{"dtype":"F4","shape":[9],"data_offsets":[0,3]}}`,
	} {
		f.Add([]byte(h), 16)
	}
	f.Fuzz(func(t *testing.T, header []byte, data int) {
		mustHold(t, stFile(string(header), max(0, min(data, 1<<16))))
	})
}

// Whatever is decoded can be encoded again, and comes back equal.
func FuzzMetadata(f *testing.F) {
	table, err := fullMeta(f).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(table[keySpec], table[keyClasses], table[keyInput], table[keyThresholds], table[keyMetrics])
	f.Fuzz(func(t *testing.T, spec, classes, input, thresholds, metrics string) {
		m, err := DecodeMeta(map[string]string{keySpec: spec, keyClasses: classes, keyInput: input, keyThresholds: thresholds, keyMetrics: metrics})
		if err != nil || m == nil {
			return
		}
		first, err := m.Encode()
		if err != nil {
			t.Fatalf("decoded, but not encoded: %v", err)
		}
		again, err := DecodeMeta(first)
		if err != nil {
			t.Fatalf("encoded, but not decoded: %v", err)
		}
		second, err := again.Encode()
		a, _ := json.Marshal(first)
		b, _ := json.Marshal(second)
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s became %s (%v)", a, b, err)
		}
	})
}

// Any few bytes are told what they are without a panic.
func FuzzSniff(f *testing.F) {
	for _, s := range signatures {
		f.Add([]byte(s.begin))
	}
	f.Add([]byte("<!DOCTYPE html>"))
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, content []byte) { mustHold(t, content) })
}
