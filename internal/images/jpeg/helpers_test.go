package jpeg

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// memory is a Target that keeps the image.
type memory struct {
	w, h int
	pix  []byte
	done int // rows
}

func newMemory(w, h int) *memory { return &memory{w: w, h: h, pix: make([]byte, 3*w*h)} }

func (m *memory) Row(y int) []byte { return m.pix[3*m.w*y : 3*m.w*(y+1)] }

func (m *memory) Done(y int) {
	if y == m.done {
		m.done++
	}
}

// decode decodes data with d and checks that each row came once, in order.
func decode(t testing.TB, d *Decoder, data []byte) (*memory, error) {
	t.Helper()
	h, err := ReadHeader(data)
	if err != nil {
		return nil, err
	}
	m := newMemory(h.Width, h.Height)
	if err := d.Decode(data, m); err != nil {
		return nil, err
	}
	if m.done != m.h {
		t.Errorf("%d of %d rows in order", m.done, m.h)
	}
	return m, nil
}

// golden is what Pillow makes of a file of testdata.
type golden struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	SHA256 string `json:"sha256"`
}

func goldens(t testing.TB) map[string]golden {
	t.Helper()
	var g map[string]golden
	if err := json.Unmarshal(read(t, "pillow.json"), &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decoders are the decoders of all kernels.
func decoders() map[string]*Decoder {
	return map[string]*Decoder{"portable": NewDecoder(true), "best": NewDecoder(false)}
}
