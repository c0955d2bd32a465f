package checkpoint

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

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

// Whatever the bytes are, reading ends without a panic, and what is handed out
// can be read and lies inside the file.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"types_zip.pth", "types_legacy.pth", "views_legacy.pth", "views_protocol4.pth", "wrapped_zip.pth", "module.pth", "script.pt"} {
		f.Add(mustReadFile(f, filepath.Join("testdata/torch", name)))
	}
	f.Add(stFile(`{"__metadata__":{"a":"b"},"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}`, 16))
	f.Add([]byte("version https://git-lfs.github.com/spec/v1\n"))
	f.Add(torchZip(f, tensorPickle(4, 0, []int64{2, 2}, []int64{1, 2}), 16))
	f.Fuzz(func(t *testing.T, content []byte) {
		file := &File{Path: "fuzz", Size: int64(len(content))}
		if err := file.load(bytes.NewReader(content)); err != nil {
			return
		}
		total := 0
		for _, x := range file.Tensors() {
			if total += x.Len(); total > maxExpanded {
				break
			}
			if _, err := x.Float32s(); err != nil {
				t.Errorf("%s: %v", x.Name, err)
			}
		}
		if _, err := Interpret(file); err != nil && len(err.Error()) == 0 {
			t.Error("an error without words")
		}
	})
}
