package jpeg

import (
	"os"
	"path/filepath"
	"testing"

	"csl/internal/images"
)

// BenchmarkDecode decodes the photos in the folder CSL_PHOTOS.
func BenchmarkDecode(b *testing.B) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("CSL_PHOTOS"), "*.jpg"))
	if len(names) == 0 {
		b.Skip("CSL_PHOTOS names no folder of .jpg files")
	}
	var files [][]byte
	for _, n := range names {
		data, err := os.ReadFile(n)
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, data)
	}
	d := NewDecoder(os.Getenv("CSL_KERNELS") == "portable")
	var m memory
	i := 0
	for b.Loop() {
		data := files[i%len(files)]
		i++
		h, err := ReadHeader(data)
		if err != nil {
			b.Fatal(err)
		}
		m.w, m.h, m.pix = h.Width, h.Height, images.Grow(m.pix, 3*h.Width*h.Height)
		if err := d.Decode(data, &m); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "img/s")
}
