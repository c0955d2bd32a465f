package jpeg

import "csl/internal/images"

// Color conversion is libjpeg's (jdcolor.c): 16 bits of fraction, red and blue rounded alone, green as a sum.
const (
	crR = 91881  // 1.40200
	cbB = 116130 // 1.77200
	crG = 46802  // 0.71414
	cbG = 22554  // 0.34414

	halfColor = 1 << 15
)

// colorPortable converts rows of luma and chroma to RGB; dst has 3 samples for each of y.
func colorPortable(dst, y, cb, cr []byte) {
	cb, cr, dst = cb[:len(y)], cr[:len(y)], dst[:3*len(y)]
	for i, v := range y {
		l, b, r := int32(v), int32(cb[i])-128, int32(cr[i])-128
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0] = images.Clamp(l + (crR*r+halfColor)>>16)
		d[1] = images.Clamp(l + (-cbG*b-crG*r+halfColor)>>16)
		d[2] = images.Clamp(l + (cbB*b+halfColor)>>16)
	}
}

// interleave joins three planes.
func interleave(dst, r, g, b []byte) {
	g, b, dst = g[:len(r)], b[:len(r)], dst[:3*len(r)]
	for i := range r {
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0], d[1], d[2] = r[i], g[i], b[i]
	}
}

// spread writes grey samples three times.
func spread(dst, y []byte) { interleave(dst, y, y, y) }

// mix turns inks on white into RGB as Pillow does. It takes all files of four components as Adobe's, which store
// inverted inks: p holds 255 less the ink for cyan, magenta, yellow and black.
func mix(dst []byte, p [4][]byte) {
	for i := range len(dst) / 3 {
		white := int32(p[3][i])
		for c := range 3 {
			ink := int32(255-p[c][i])*white + 128
			dst[3*i+c] = byte(max(white-(ink>>8+ink)>>8, 0))
		}
	}
}

// mixYCCK is mix for files whose first three components are luma and chroma of the inks. It uses dst for them.
func mixYCCK(k *kernels, dst []byte, p [4][]byte) {
	n := len(dst) / 3
	k.color(dst, p[0][:n], p[1], p[2])
	for i := range n {
		white := int32(p[3][i])
		for c := range 3 {
			// libjpeg gives ink 255-v for v; Pillow inverts that again.
			ink := int32(255-(255-dst[3*i+c]))*white + 128
			dst[3*i+c] = byte(max(white-(ink>>8+ink)>>8, 0))
		}
	}
}
