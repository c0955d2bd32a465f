package images

import "image"

// yccTables are libjpeg's: the share of each chroma value in red and blue, rounded, and in green,
// scaled by 65536, with the rounding of the sum in cbG (jdcolor.c, build_ycc_rgb_table).
type yccTables struct {
	crR, cbB, crG, cbG [256]int32
}

var ycc = newYCCTables()

func newYCCTables() *yccTables {
	const half = 1 << 15
	fix := func(v float64) int32 { return int32(v*65536 + 0.5) }
	t := new(yccTables)
	for i := range int32(256) {
		x := i - 128
		t.crR[i] = (fix(1.40200)*x + half) >> 16
		t.cbB[i] = (fix(1.77200)*x + half) >> 16
		t.crG[i] = -fix(0.71414) * x
		t.cbG[i] = -fix(0.34414)*x + half
	}
	return t
}

// toRGB converts a row: dst has 3 samples for each of y; cb and cr are as long as y.
func (t *yccTables) toRGB(dst, y, cb, cr []uint8) {
	cb, cr, dst = cb[:len(y)], cr[:len(y)], dst[:3*len(y)]
	for i, v := range y {
		l, b, r := int32(v), cb[i], cr[i]
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0] = clamp8(l + t.crR[r])
		d[1] = clamp8(l + (t.cbG[b]+t.crG[r])>>16)
		d[2] = clamp8(l + t.cbB[b])
	}
}

// clamp8 limits v to 0 to 255.
func clamp8(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31)) // 0 for negative v, else 255
	}
	return uint8(v)
}

// convertYCbCr turns a JPEG's planes into RGB as libjpeg does by default: chroma that was halved is
// interpolated ("fancy upsampling"), chroma at other ratios is replicated.
func convertYCbCr(m *RGB, img *image.YCbCr) {
	m.Reset(img.Rect.Dx(), img.Rect.Dy())
	up := newUpsampler(img)
	for y := range m.H {
		at := img.YOffset(img.Rect.Min.X, img.Rect.Min.Y+y)
		cb, cr := up.rows(y)
		ycc.toRGB(m.row(y), img.Y[at:at+m.W], cb, cr)
	}
}
