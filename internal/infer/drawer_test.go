package infer

import (
	"testing"

	"csl/internal/images"
)

func TestHugePhotosAreShrunkBeforeTheyAreDrawn(t *testing.T) {
	for _, x := range []struct{ w, h, wantW, wantH int }{
		{4096, 10, 4096, 10}, {8192, 100, 4096, 50}, {3, 9000, 1, 4096}, {9000, 1, 4096, 1},
	} {
		if m := handy(images.NewRGB(x.w, x.h)); m.W != x.wantW || m.H != x.wantH {
			t.Errorf("%dx%d becomes %dx%d", x.w, x.h, m.W, m.H)
		}
	}
}
