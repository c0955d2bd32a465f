package transform

import (
	"bytes"
	"fmt"
	"testing"

	"csl/internal/images"
	"csl/internal/images/imagestest"
)

func TestKernelsGiveTheSameBytesAsTheirPortableTwins(t *testing.T) {
	for _, c := range [][2]int{{1, 1}, {1, 9}, {2, 1}, {3, 2}, {7, 40}, {33, 32}, {40, 33}, {100, 64}, {641, 224}, {900, 31}, {31, 200}, {5000, 11}} {
		for _, f := range []Filter{Bilinear, Bicubic} {
			t.Run(fmt.Sprintf("%s/%dto%d", f, c[0], c[1]), func(t *testing.T) {
				fast, plain := Resizer{k: best()}, Resizer{k: portable()}
				src := imagestest.Noise(c[0], c[0]%50+1, 3)
				got, want := new(images.RGB), new(images.RGB)
				fast.Resize(got, src, c[1], c[1]%60+1, f)
				plain.Resize(want, src, c[1], c[1]%60+1, f)
				if !bytes.Equal(got.Pix, want.Pix) {
					t.Error("other bytes")
				}
			})
		}
	}
}

// An image of samples that exceed the range between them: bicubic weights overshoot.
func TestOvershootIsClamped(t *testing.T) {
	src := images.NewRGB(64, 64)
	for i := range src.Pix {
		src.Pix[i] = uint8(255 * (i / 3 / 4 & 1))
	}
	for _, size := range []int{40, 150} {
		got, want := new(images.RGB), new(images.RGB)
		(&Resizer{k: best()}).Resize(got, src, size, size, Bicubic)
		(&Resizer{k: portable()}).Resize(want, src, size, size, Bicubic)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%d: other bytes", size)
		}
	}
}

func TestRowsGiveWhatTheWholeImageGives(t *testing.T) {
	for _, c := range [][4]int{{50, 40, 20, 30}, {20, 40, 20, 30}, {50, 30, 20, 30}, {20, 30, 20, 30}, {20, 30, 60, 70}} {
		src := imagestest.Noise(c[0], c[1], 5)
		got := new(images.RGB)
		var r Resizer
		r.Begin(got, c[0], c[1], c[2], c[3], Bilinear)
		for y := range c[1] {
			copy(r.Row(y), src.Row(y))
			r.Done(y)
		}
		r.End()
		if d := imagestest.Compare(t, got, Resize(src, c[2], c[3], Bilinear)); d.Max != 0 {
			t.Errorf("%v: differs by %d", c, d.Max)
		}
	}
}
