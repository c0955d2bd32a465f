package codec

import (
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"csl/internal/images/imagestest"
)

// wideWebP is a lossless file of 42 bytes or fewer, all of one color, that states a size.
func wideWebP(w, h int) []byte {
	bits := uint32(w-1) | uint32(h-1)<<14
	stream := append([]byte{0x2f}, binary.LittleEndian.AppendUint32(nil, bits)...)
	stream = append(stream, make([]byte, 11)...)
	chunk := binary.LittleEndian.AppendUint32([]byte("VP8L"), uint32(len(stream)))
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(12+len(stream)))
	return append(append(append(file, "WEBP"...), chunk...), stream...)
}

func TestImagesThatTakeTooMuchMemoryAreRefusedFromTheirHeader(t *testing.T) {
	webp := wideWebP(13000, 13000)
	_, _, err := Decode(webp, Options{})
	if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "max_image_memory") {
		t.Errorf("%d bytes of WebP: %v", len(webp), err)
	}
	jpg, err := os.ReadFile("../testdata/files/progressive.jpg")
	imagestest.Must(t, err)
	at := strings.Index(string(jpg), "\xff\xc2")
	copy(jpg[at+5:], "\x30\x00\x30\x00") // 12288 x 12288
	jpg = append(jpg, make([]byte, 1<<20)...)
	info, err := DecodeHeader(jpg)
	imagestest.Must(t, err)
	if err := info.Check(Options{TargetWidth: 64, Memory: NewMemory(1 << 28)}, int64(len(jpg))); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a progressive JPEG: %v", err)
	}
	png, err := os.ReadFile("../testdata/kinds/color0_8.png")
	imagestest.Must(t, err)
	if info, err = DecodeHeader(png); err != nil {
		t.Fatal(err)
	}
	info.Height = 100 << 20 / info.Width // a column of pixels, wide once it is resized
	if err := info.Check(Options{TargetWidth: 448}, 1<<30); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a high image: %v", err)
	}
}

func TestLargeImagesWaitForEachOther(t *testing.T) {
	m := NewMemory(100)
	var now, most atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				m.acquire(40)
				n := now.Add(1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				now.Add(-1)
				m.release(40)
			}
		})
	}
	wg.Wait()
	if n := most.Load(); n > 2 {
		t.Errorf("%d images of 40 bytes at a time in 100", n)
	}
	m.acquire(100) // all is free again
}
