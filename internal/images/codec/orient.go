package codec

import (
	"image"

	"csl/internal/images"

	"github.com/disintegration/imaging"
)

// orient turns an image upright that was stored with the EXIF orientation given, 1 to 8.
func orient(m *images.RGB, orientation int) {
	if orientation < 2 || orientation > 8 {
		return
	}
	turn := [...]func(image.Image) *image.NRGBA{
		2: imaging.FlipH,
		3: imaging.Rotate180,
		4: imaging.FlipV,
		5: imaging.Transpose,
		6: imaging.Rotate270,
		7: imaging.Transverse,
		8: imaging.Rotate90,
	}[orientation]
	convertNRGBA(m, turn(m.NRGBA()))
}
