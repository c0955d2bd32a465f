package transform

import (
	"math"

	"csl/internal/images"
)

// matrix maps pixels of the result to pixels of the source:
// x' = m[0]x + m[1]y + m[2], y' = m[3]x + m[4]y + m[5].
type matrix [6]float64

// warp moves the pixels of m, nearest neighbours, black where the source has none. The arithmetic
// is Pillow's 16.16 fixed point (Geometry.c, affine_fixed).
func warp(m, tmp *images.RGB, t matrix) {
	fix := func(v float64) int64 { return int64(math.Floor(v*65536 + 0.5)) }
	ax, bx, ay, by := fix(t[0]), fix(t[1]), fix(t[3]), fix(t[4])
	startX := fix(t[2] + float64(t[0]*0.5) + float64(t[1]*0.5))
	startY := fix(t[5] + float64(t[3]*0.5) + float64(t[4]*0.5))
	tmp.Reset(m.W, m.H)
	for y := range m.H {
		dst := tmp.Row(y)
		fx, fy := startX+int64(y)*bx, startY+int64(y)*by
		for len(dst) >= 3 {
			sx, sy := fx>>16, fy>>16
			if uint64(sx) < uint64(m.W) && uint64(sy) < uint64(m.H) {
				s := m.Pix[(int(sy)*m.W+int(sx))*3:][:3]
				dst[0], dst[1], dst[2] = s[0], s[1], s[2]
			} else {
				dst[0], dst[1], dst[2] = 0, 0, 0
			}
			dst = dst[3:]
			fx, fy = fx+ax, fy+ay
		}
	}
	m.Pix, tmp.Pix = tmp.Pix, m.Pix
}

// tangent is torchvision's way from a shear to the matrix: by way of degrees and back.
func tangent(shear float64) float64 {
	degrees := math.Atan(shear) * (180 / math.Pi)
	return math.Tan(degrees * (math.Pi / 180))
}

func shearX(m, tmp *images.RGB, v float64) { warp(m, tmp, matrix{1, tangent(v), 0, 0, 1, 0}) }
func shearY(m, tmp *images.RGB, v float64) { warp(m, tmp, matrix{1, 0, 0, tangent(v), 1, 0}) }

// rotate turns an image about its middle, counter-clockwise by degrees (Image.rotate of Pillow).
func rotate(m, tmp *images.RGB, degrees float64) {
	if degrees == 0 {
		return
	}
	angle := math.Mod(degrees, 360)
	if angle < 0 {
		angle += 360
	}
	angle *= -math.Pi / 180
	digits := func(v float64) float64 { return math.RoundToEven(v*1e15) / 1e15 }
	cos, sin := digits(math.Cos(angle)), digits(math.Sin(angle))
	x, y := float64(m.W)/2, float64(m.H)/2
	warp(m, tmp, matrix{
		cos, sin, -float64(cos*x) - float64(sin*y) + x,
		-sin, cos, float64(sin*x) - float64(cos*y) + y,
	})
}

// translateX moves an image to the right by v pixels, less the fraction.
func translateX(m, tmp *images.RGB, v float64) {
	by := min(max(int(v), -m.W), m.W)
	tmp.Reset(m.W, m.H)
	for y := range m.H {
		dst, src := tmp.Row(y), m.Row(y)
		if by >= 0 {
			clear(dst[:3*by])
			copy(dst[3*by:], src)
		} else {
			n := copy(dst, src[-3*by:])
			clear(dst[n:])
		}
	}
	m.Pix, tmp.Pix = tmp.Pix, m.Pix
}

// translateY moves an image down by v pixels, less the fraction.
func translateY(m, tmp *images.RGB, v float64) {
	by := min(max(int(v), -m.H), m.H) * m.W * 3
	tmp.Reset(m.W, m.H)
	if by >= 0 {
		clear(tmp.Pix[:by])
		copy(tmp.Pix[by:], m.Pix)
	} else {
		n := copy(tmp.Pix, m.Pix[-by:])
		clear(tmp.Pix[n:])
	}
	m.Pix, tmp.Pix = tmp.Pix, m.Pix
}
