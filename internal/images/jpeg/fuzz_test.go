package jpeg

import (
	"bytes"
	"testing"
)

// FuzzDecode checks that no file makes a decoder fail otherwise than by an error, and that all kernels agree.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{
		"3x5_420.jpg", "3x5_444p.jpg", "17x9_422.jpg", "17x9_420p.jpg", "gray.jpg", "cmyk.jpg", "restart7.jpg",
		"restart_progressive.jpg", "sampling_2x4.jpg", "no_tables.jpg",
	} {
		f.Add(read(f, name))
	}
	plain, fast := NewDecoder(true), NewDecoder(false)
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(data)
		if err != nil || h.Width*h.Height > 1<<16 {
			return
		}
		a, b := newMemory(h.Width, h.Height), newMemory(h.Width, h.Height)
		errA, errB := plain.Decode(data, a), fast.Decode(data, b)
		if (errA == nil) != (errB == nil) {
			t.Fatalf("portable: %v, fast: %v", errA, errB)
		}
		if errA == nil && !bytes.Equal(a.pix, b.pix) {
			t.Fatal("portable and fast kernels give other pixels")
		}
	})
}
