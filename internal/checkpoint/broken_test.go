package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// mustFail opens content as a file and checks that the error is one line that
// names the file and says what.
func mustFail(t *testing.T, name string, content []byte, want string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.pth")
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err == nil {
		_ = f.Close()
		t.Errorf("%s: opened", name)
		return
	}
	if text := err.Error(); !strings.Contains(text, want) || !strings.Contains(text, "model.pth") || strings.Contains(text, "\n") || len(text) > 500 {
		t.Errorf("%s: error %v; want %q", name, err, want)
	}
}

func mustReadFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestThingsThatAreNoCheckpointAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"empty":        {"", "empty"},
		"LFS pointer":  {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS pointer"},
		"HTML":         {"<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head></html>", "web page"},
		"HTML, spaced": {"\n\n  <HTML>\n<BODY>Not found", "web page"},
		"XML error":    {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "web page"},
		"text":         {"Not Found: the file you asked for is gone", "text beginning"},
		"zeros":        {strings.Repeat("\x00", 5000), "zeros"},
		"gzip":         {"\x1f\x8b\x08\x00aaaaaaaaaaaaaaa", "gzip"},
		"HDF5":         {"\x89HDF\r\n\x1a\nxxxxxxxxx", "HDF5"},
		"JPEG":         {"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"},
		"tar":          {strings.Repeat("a", 257) + "ustar  \x00" + strings.Repeat("\x00", 300), "tar"},
		"bytes":        {"\x01\x02\x03\xff\xfe\x00\x05", "neither"},
		"zip":          {string(zipOf(t, map[string]string{"a.txt": "hello"})), "without a data.pkl"},
		"other pickle": {"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.", "not one that torch.save wrote"},
	} {
		mustFail(t, name, []byte(c.content), c.want)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.pth")); err == nil || !strings.Contains(err.Error(), "none.pth") {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
}

func zipOf(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A file cut at any kilobyte is one clear error, in every format.
func TestTruncatedFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	files := []string{"testdata/tiny_zip.pth", "testdata/tiny_bottleneck_legacy.pth", writeTiny(t, dir)}
	for _, file := range files {
		whole := mustReadFile(t, file)
		path := filepath.Join(dir, "cut")
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
		cuts := 0
		for n := (len(whole) - 1) &^ 1023; n >= 0; n -= 1024 {
			if err := os.Truncate(path, int64(n)); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err == nil {
				_ = f.Close()
				t.Errorf("%s cut at %d: opened", file, n)
			} else if strings.Contains(err.Error(), "\n") {
				t.Errorf("%s cut at %d: %v", file, n, err)
			}
			cuts++
		}
		if cuts < 500 {
			t.Errorf("%s: only %d cuts", file, cuts)
		}
	}
}

// writeTiny writes a whole model as safetensors and returns its path.
func writeTiny(t testing.TB, dir string) string {
	t.Helper()
	w := tinyWeights(t)
	var b bytes.Buffer
	if err := WriteSafetensors(&b, Tensors(w), nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "tiny.safetensors")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// stFile builds a safetensors file from a header and a number of data bytes.
func stFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestUnsoundSafetensorsAreErrors(t *testing.T) {
	const a = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"header of 4 GiB":   {append(binary.LittleEndian.AppendUint64(nil, 4<<30), "{}      "...), "4294967296"},
		"header of 2^63":    {append(binary.LittleEndian.AppendUint64(nil, 1<<63), "{}      "...), "at most"},
		"header cut off":    {append(binary.LittleEndian.AppendUint64(nil, 1000), "{}      "...), "cut off"},
		"no JSON":           {stFile("{hello", 0), "damaged"},
		"unfinished JSON":   {stFile(`{"a":`, 0), "damaged"},
		"rubbish at end":    {stFile("{}x", 0), "something follows"},
		"list":              {stFile(`{"a":[1,2]}`, 0), "damaged"},
		"twice":             {stFile("{"+a+","+a+"}", 8), "twice"},
		"metadata no table": {stFile(`{"__metadata__":{"a":1}}`, 0), "metadata"},
		"overlap":           {stFile("{"+a+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), "overlaps"},
		"same place":        {stFile("{"+a+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), "overlaps"},
		"hole":              {stFile("{"+a+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}`, 20), "unused bytes"},
		"data missing":      {stFile("{"+a+"}", 7), "cut off"},
		"data left over":    {stFile("{"+a+"}", 9), "follow the last tensor"},
		"offsets reversed":  {stFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), "impossible offsets"},
		"no offsets":        {stFile(`{"a":{"dtype":"F32","shape":[2]}}`, 8), "impossible offsets"},
		"wrong size":        {stFile(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "outside its storage"},
		"too many bytes":    {stFile(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`, 8), "needs 4 bytes"},
		"negative extent":   {stFile(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), "impossible shape"},
		"huge extents":      {stFile(`{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}`, 8), "impossible shape"},
		"known type's size": {stFile(`{"a":{"dtype":"U32","shape":[3],"data_offsets":[0,8]}}`, 8), "outside its storage"},
		"nothing":           {stFile(`{"__metadata__":{"format":"pt"}}`, 0), "no tensors"},
	} {
		mustFail(t, name, c.content, c.want)
	}
}

func TestUnsoundZipFilesAreErrors(t *testing.T) {
	whole := mustReadFile(t, "testdata/torch/tensor.pth")
	central := bytes.Index(whole, []byte("PK\x01\x02"))
	patch := func(at int, b ...byte) []byte {
		c := bytes.Clone(whole)
		copy(c[at:], b)
		return c
	}
	entry := bytes.LastIndex(whole, []byte("PK\x01\x02")) // of "version"
	second := central + 1 + bytes.Index(whole[central+1:], []byte("PK\x01\x02"))
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"two sizes":       {patch(central+20, 1, 0, 0, 0), "claims"},
		"size of 2 GiB":   {patch(central+20, 0, 0, 0, 0x7f, 0, 0, 0, 0x7f), "more than the file has"},
		"compressed":      {patch(central+10, 8), "compressed"},
		"storage too big": {patch(second+20, 52, 0, 0, 0, 52, 0, 0, 0), "its entry has 52 bytes"},
		"no entries":      {whole[len(whole)-22:], ""},
		"offset outside":  {patch(central+42, 0xff, 0xff, 0xff, 0x7f), ""},
		"another's place": {patch(second+42, 0, 0, 0, 0), `entry "tensor/data/0" overlaps "tensor/data.pkl"`},
		"entry renamed":   {patch(second+46+len("tensor/data/"), '7'), "missing"},
		"version renamed": {patch(entry+46, 'x'), "a single tensor"},
	} {
		mustFail(t, name, c.content, c.want)
	}
	bomb := zipOf(t, map[string]string{"x/data.pkl": "\x80\x02."})
	mustFail(t, "empty pickle", bomb, "stack is empty")
}

// torchZip is a zip checkpoint with the given pickle and one storage of n bytes.
func torchZip(t testing.TB, pickle string, n int) []byte {
	t.Helper()
	return zipOf(t, map[string]string{"x/data.pkl": pickle, "x/data/0": strings.Repeat("\x00", n)})
}

// tensorPickle is {'a': tensor} with the given claims, made of torch's opcodes.
func tensorPickle(count, offset int64, shape, strides []int64) string {
	long := func(n int64) string {
		return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	tuple := func(list []int64) string {
		s := "("
		for _, n := range list {
			s += long(n)
		}
		return s + "t"
	}
	return "\x80\x02}X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" +
		long(count) + "tQ" + long(offset) + tuple(shape) + tuple(strides) + "\x89}tRs."
}

func TestTensorsOutsideTheirStorageAreErrors(t *testing.T) {
	mib := int64(1 << 20)
	for name, c := range map[string]struct {
		pickle string
		want   string
	}{
		"count above the entry": {tensorPickle(5, 0, []int64{4}, []int64{1}), "claims 5 elements"},
		"huge count":            {tensorPickle(math.MaxInt64, 0, []int64{4}, []int64{1}), "claims"},
		"negative count":        {tensorPickle(-1, 0, []int64{4}, []int64{1}), "unsound"},
		"offset":                {tensorPickle(4, 1, []int64{4}, []int64{1}), "outside"},
		"negative offset":       {tensorPickle(4, -1, []int64{4}, []int64{1}), "outside"},
		"huge offset":           {tensorPickle(4, math.MaxInt64, []int64{4}, []int64{1}), "outside"},
		"shape":                 {tensorPickle(4, 0, []int64{5}, []int64{1}), "outside"},
		"negative extent":       {tensorPickle(4, 0, []int64{-4}, []int64{1}), "impossible shape"},
		"overflowing shape":     {tensorPickle(4, 0, []int64{mib, mib, mib, mib}, []int64{0, 0, 0, 0}), "impossible shape"},
		"broadcast bomb":        {tensorPickle(4, 0, []int64{mib, 1024}, []int64{0, 0}), "claims 1073741824 elements"},
		"negative stride":       {tensorPickle(4, 3, []int64{4}, []int64{-1}), "impossible strides"},
		"wrapping stride":       {tensorPickle(4, 0, []int64{3}, []int64{math.MaxInt64}), "impossible strides"},
		"stride":                {tensorPickle(4, 0, []int64{2, 2}, []int64{4, 1}), "outside"},
		"ranks differ":          {tensorPickle(4, 0, []int64{2, 2}, []int64{1}), "unsound"},
		"40 dimensions":         {tensorPickle(4, 0, make([]int64, 40), make([]int64, 40)), "unsound"},
	} {
		mustFail(t, name, torchZip(t, c.pickle, 16), c.want)
	}
}

// A pickle that calls os.system is refused by name in both formats, and the
// command does not run.
func TestNothingInAFileIsExecuted(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "pwned")
	for _, module := range []string{"os", "posix", "nt"} {
		call := "c" + module + "\nsystem\n(X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len("touch "+mark)))) + "touch " + mark + "tR."
		legacy := "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + "\x80\x02" + call
		want := fmt.Sprintf("%q is not allowed in a checkpoint and was not run", module+".system")
		mustFail(t, "zip", torchZip(t, "\x80\x02"+call, 0), want)
		mustFail(t, "legacy", []byte(legacy), want)
		mustFail(t, "legacy head", []byte("\x80\x02"+call), want)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Fatal("the command was run")
	}
}

// A file that claims a large model with a few names and broadcast views must
// not make the reader allocate it.
func TestClaimedModelLargerThanTheFileIsRefused(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	name := func(s string) string {
		return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
	}
	long := func(n int) string {
		return "J" + string(binary.LittleEndian.AppendUint32(nil, uint32(n)))
	}
	tensor := func(shape ...int) string {
		sizes, strides := "(", "("
		for _, d := range shape {
			sizes, strides = sizes+long(d), strides+long(0)
		}
		return "ctorch._utils\n_rebuild_tensor_v2\n((" + name("storage") + "ctorch\nFloatStorage\n" + name("0") + name("cpu") + "K\x04tQK\x00" + sizes + "t" + strides + "t\x89}tR"
	}
	p := "\x80\x02}(" + name("body.conv1.0.weight") + tensor(4096, 48, 3, 3)
	for stage := 1; stage <= 4; stage++ {
		for block := range 50 {
			p += name(fmt.Sprintf("body.layer%d.%d.conv3.0.weight", stage, block)) + tensor(1, 1, 1, 1)
		}
	}
	wide := "\x80\x02}(" + name("body.conv1.0.weight") + tensor(1, 48, 3, 3)
	for stage := 1; stage <= 4; stage++ {
		wide += name(fmt.Sprintf("body.layer%d.0.conv1.0.weight", stage)) + tensor(1, 1, 1, 1)
	}
	for what, p := range map[string]string{
		"body": p + name("head.fc.weight") + tensor(4, 4) + "u.",
		"head": wide + name("head.fc.FC.weight") + tensor(1, 1<<24) + "u.",
	} {
		path := filepath.Join(t.TempDir(), "big.pth")
		if err := os.WriteFile(path, torchZip(t, p, 16), 0o666); err != nil {
			t.Fatal(err)
		}
		_, _, err := ReadModel(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), "claim a model") {
			t.Errorf("%s: error %v", what, err)
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d MiB were allocated", used>>20)
	}
}
