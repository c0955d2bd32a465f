package codec

import "csl/internal/images"

// orient turns an image upright that was stored with the EXIF orientation given, 1 to 8.
func orient(m *images.RGB, orientation int) {
	if orientation < 2 || orientation > 8 {
		return
	}
	swap := orientation >= 5 // rows become columns
	flipX := orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8
	flipY := orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7
	w, h := m.W, m.H
	if swap {
		w, h = h, w
	}
	dst := images.NewRGB(w, h)
	for y := range dst.H {
		row := dst.Row(y)
		for x := range dst.W {
			sx, sy := x, y
			if swap {
				sx, sy = y, x
			}
			if flipX {
				sx = m.W - 1 - sx
			}
			if flipY {
				sy = m.H - 1 - sy
			}
			copy(row[3*x:3*x+3], m.Pix[3*(sy*m.W+sx):])
		}
	}
	*m = *dst
}
