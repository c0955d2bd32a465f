package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/kernel"
	"csl/internal/model"
)

// packedInfo is that of the tests' files.
func packedInfo() PackedInfo {
	return PackedInfo{PackedFor: PackedFor{Revision: kernel.PackedRevision, Version: "csl 1", Kernels: "k"}, Batch: 1, Height: 64, Width: 96}
}

// packedList is two tensors packed somehow, one of a length that is no whole line of a cache.
func packedList() []model.PackedTensor {
	list := []model.PackedTensor{
		{Name: "body.conv1.0.weight", Layout: kernel.PackedLayout{Algorithm: "k panels", Taps: 9, Cin: 3, Cols: 1, Len: 27}},
		{Name: "head.fc.weight", Layout: kernel.PackedLayout{Algorithm: "k panels", Taps: 1, Cin: 8, Cols: 8, Len: 64}},
	}
	for i := range list {
		for j := range list[i].Layout.Len {
			list[i].Data = append(list[i].Data, float32(100*i+j))
		}
	}
	return list
}

// packedFile is the content of a file of tiny weights with packed ones.
func packedFile(t testing.TB, packed []model.PackedTensor) []byte {
	t.Helper()
	w := tinyWeights(t)
	table, err := (&Meta{Version: "csl 1", Spec: w.Spec()}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WritePacked(&b, w, packed, packedInfo(), table); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// openBytes opens content as a file, and closes it at the test's end.
func openBytes(t *testing.T, content []byte) (*File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.packed")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err == nil {
		t.Cleanup(func() { _ = f.Close() })
	}
	return f, err
}

// takeAll asks for all packed weights of a file.
func takeAll(t *testing.T, content []byte) ([][]float32, *model.Weights, error) {
	t.Helper()
	f, err := openBytes(t, content)
	if err != nil {
		return nil, nil, err
	}
	sd, err := Interpret(f)
	if err != nil {
		return nil, nil, err
	}
	w, src, _, err := sd.PackedModel(t.Context(), false)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { _ = src.Close() })
	var all [][]float32
	for _, p := range packedList() {
		data, err := src.Packed(p.Name, p.Layout)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, data)
	}
	if data, err := src.Packed("head.fc.weight", kernel.PackedLayout{Algorithm: "other"}); data != nil || err != nil {
		t.Errorf("another layout: %v, %v", data, err)
	}
	return all, w, nil
}

func TestPackedWeightsLieBesideTheTensors(t *testing.T) {
	content, want := packedFile(t, packedList()), tinyWeights(t)
	got, w, err := takeAll(t, content)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range packedList() {
		if !sameBits(got[i], p.Data) {
			t.Errorf("%s: %v", p.Name, got[i])
		}
	}
	for _, e := range want.Entries() {
		_, data, _ := want.Get(e.Name)
		_, there, ok := w.Get(e.Name)
		if ok != w.InMemory(e) || ok && !sameBits(there, data) {
			t.Errorf("%s: in memory %v", e.Name, ok)
		}
	}
	f, err := openBytes(t, content)
	if err != nil {
		t.Fatal(err)
	}
	if f.Packed() == nil || f.Packed().PackedInfo != packedInfo() {
		t.Errorf("info %+v", f.Packed())
	}
	sd, err := Interpret(f)
	if err != nil {
		t.Fatal(err)
	}
	plain, diff, err := sd.Model(t.Context(), false)
	if err != nil || !diff.Empty() {
		t.Fatalf("as any other file: %v, %v", diff, err)
	}
	for _, e := range want.Entries() {
		_, data, _ := want.Get(e.Name)
		if _, there, ok := plain.Get(e.Name); !ok || !sameBits(there, data) {
			t.Errorf("%s differs", e.Name)
		}
	}
}

func TestDamagedPackedWeightsAreAnError(t *testing.T) {
	content := packedFile(t, packedList())
	data := 8 + int(binary.LittleEndian.Uint64(content))
	flip := func(at int) []byte {
		c := slices.Clone(content)
		c[at] ^= 4
		return c
	}
	swap := func(old, with string) []byte {
		if len(old) != len(with) || !bytes.Contains(content, []byte(old)) {
			t.Fatalf("%q for %q", with, old)
		}
		return bytes.Replace(content, []byte(old), []byte(with), 1)
	}
	for what, c := range map[string][]byte{
		"damaged: its CRC-32":                  flip(data + 5),
		`tensor "csl.packed.1" (or changed`:    flip(data + 128 + 70),
		"metadata csl.packed is damaged":       swap("k panels", "k panelz"),
		"packed weights 1: their tensor is":    swap(`"csl.packed.1":{"dtype"`, `"csl.packed.2":{"dtype"`),
		"lists 2 packed weights, but the file": swap(`"csl.packed.1":{"dtype"`, `"csl_packed.1":{"dtype"`),
		"cut off":                              content[:len(content)-100],
		"packed weights 0: they are I32":       swap(`"csl.packed.0":{"dtype":"F32"`, `"csl.packed.0":{"dtype":"I32"`),
	} {
		_, _, err := takeAll(t, c)
		if err == nil || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want %q: %v", what, err)
		}
	}
	twice := packedList()
	twice[1].Name, twice[1].Layout, twice[1].Data = twice[0].Name, twice[0].Layout, twice[0].Data
	if _, _, err := takeAll(t, packedFile(t, twice)); err == nil || !strings.Contains(err.Error(), "is there twice") {
		t.Errorf("twice: %v", err)
	}
}

func TestPackedWeightsAreForOneBuildAndKernelSet(t *testing.T) {
	is := packedInfo().PackedFor
	for _, other := range []PackedFor{
		{is.Revision + 1, is.Version, is.Kernels}, {is.Revision, "csl 2", is.Kernels}, {is.Revision, is.Version, "avx2"},
	} {
		if is.Fits(other) || is.String() == other.String() {
			t.Errorf("%v fits %v", is, other)
		}
	}
	if !is.Fits(packedInfo().PackedFor) {
		t.Error("they do not fit themselves")
	}
}

func TestPackedFilesReportFullDisks(t *testing.T) {
	w := tinyWeights(t)
	table, err := (&Meta{Version: "csl 1", Spec: w.Spec()}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("full")
	r, out := io.Pipe()
	_ = r.CloseWithError(full)
	if err := WritePacked(out, w, packedList(), packedInfo(), table); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}
