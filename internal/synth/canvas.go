// Package synth draws small photo-like scenes with known content, for the demo
// and for tests that need images: beaches, streets, forests, nights, with a
// long-tailed and co-occurring set of things in them, laid out as COCO.
//
// Drawing and the choice of what to draw live here; reading labels back is
// package labels's.
package synth

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// rgb is a colour, 0 to 1 per channel.
type rgb struct{ r, g, b float64 }

func (c rgb) times(k float64) rgb { return rgb{c.r * k, c.g * k, c.b * k} }
func (c rgb) tint(o rgb) rgb      { return rgb{c.r * o.r, c.g * o.g, c.b * o.b} }

// mix is c at 0 and o at 1.
func (c rgb) mix(o rgb, t float64) rgb {
	return rgb{c.r + (o.r-c.r)*t, c.g + (o.g-c.g)*t, c.b + (o.b-c.b)*t}
}

// hsv is a colour by hue (0 to 1, around), saturation and value.
func hsv(h, s, v float64) rgb {
	channel := func(n float64) float64 {
		k := math.Mod(n+(h-math.Floor(h))*6, 6)
		return v - v*s*max(0, min(k, 4-k, 1))
	}
	return rgb{channel(5), channel(3), channel(1)}
}

// point is a place on the canvas, in pixels.
type point struct{ x, y float64 }

// canvas is an image in the making. owner holds, for every pixel, which
// object covers it: 0 is the background.
type canvas struct {
	size  int
	pix   []rgb
	owner []uint16
	grain uint64 // of the texture of surfaces

	raster vector.Rasterizer
	mask   *image.Alpha
}

func newCanvas(size int, grain uint64) *canvas {
	return &canvas{
		size: size, grain: grain,
		pix:   make([]rgb, size*size),
		owner: make([]uint16, size*size),
		mask:  image.NewAlpha(image.Rect(0, 0, size, size)),
	}
}

// paint says how a surface looks.
type paint struct {
	color   rgb
	alpha   float64 // of the surface, 0 to 1
	relief  float64 // how much the light from the upper left shades it
	texture float64 // how much noise it has
	fade    bool    // alpha falls to 0 from the middle of the shape to the rim of its box
	owner   uint16  // object it belongs to; 0 leaves the owner as it is
}

// fill paints a polygon with soft edges.
func (c *canvas) fill(poly []point, p paint) {
	box := c.bounds(poly)
	if box.Empty() {
		return
	}
	c.raster.Reset(box.Dx(), box.Dy())
	c.raster.DrawOp = draw.Src
	x0, y0 := float64(box.Min.X), float64(box.Min.Y)
	for i, q := range poly {
		if i == 0 {
			c.raster.MoveTo(float32(q.x-x0), float32(q.y-y0))
			continue
		}
		c.raster.LineTo(float32(q.x-x0), float32(q.y-y0))
	}
	c.raster.ClosePath()
	mask := image.Alpha{Pix: c.mask.Pix, Stride: box.Dx(), Rect: image.Rect(0, 0, box.Dx(), box.Dy())}
	c.raster.Draw(&mask, mask.Rect, image.Opaque, image.Point{})
	c.blend(&mask, box, p)
}

// bounds is the part of the canvas that a polygon may touch.
func (c *canvas) bounds(poly []point) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range poly {
		x0, y0 = min(x0, q.x), min(y0, q.y)
		x1, y1 = max(x1, q.x), max(y1, q.y)
	}
	limit := func(v float64) int { return int(max(-1, min(v, float64(c.size)+1))) }
	box := image.Rect(limit(math.Floor(x0)), limit(math.Floor(y0)), limit(math.Ceil(x1)), limit(math.Ceil(y1)))
	return box.Intersect(image.Rect(0, 0, c.size, c.size))
}

// blend lays the paint over the pixels that the mask covers.
func (c *canvas) blend(mask *image.Alpha, box image.Rectangle, p paint) {
	w, h := float64(box.Dx()), float64(box.Dy())
	for y := range box.Dy() {
		for x := range box.Dx() {
			cover := float64(mask.Pix[y*mask.Stride+x]) / 255 * p.alpha
			if p.fade {
				cover *= fading(2*(float64(x)+0.5)/w-1, 2*(float64(y)+0.5)/h-1)
			}
			if cover == 0 {
				continue
			}
			at := (box.Min.Y+y)*c.size + box.Min.X + x
			light := 1 + p.relief*(0.5-(float64(x)/w+float64(y)/h)/2)
			if p.texture > 0 {
				light += p.texture * (c.noise(box.Min.X+x, box.Min.Y+y) - 0.5)
			}
			c.pix[at] = c.pix[at].mix(p.color.times(light), cover)
			if p.owner != 0 && cover > 0.5 {
				c.owner[at] = p.owner
			}
		}
	}
}

// fading is 1 in the middle and 0 at distance 1.
func fading(x, y float64) float64 {
	d := max(0, 1-math.Sqrt(x*x+y*y))
	return d * d
}

// noise is white noise, 0 to 1, fixed for each pixel of a canvas.
func (c *canvas) noise(x, y int) float64 { return hash(c.grain, x, y) }

// hash is a number from 0 to 1 that looks random (the finaliser of splitmix64).
func hash(seed uint64, x, y int) float64 {
	z := seed + uint64(x)*0x9e3779b97f4a7c15 + uint64(y)*0xd1b54a32d192ed03
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// clouds is smooth noise of three octaves, 0 to 1; x and y in units of its
// coarsest cell.
func clouds(seed uint64, x, y float64) float64 {
	sum, weight := 0.0, 0.5
	for octave := range 3 {
		sum += weight * smooth(seed+uint64(octave), x, y)
		x, y, weight = 2*x, 2*y, weight/2
	}
	return sum / 0.875
}

// smooth interpolates hash between whole numbers.
func smooth(seed uint64, x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int(fx), int(fy)
	u, v := x-fx, y-fy
	u, v = u*u*(3-2*u), v*v*(3-2*v)
	top := hash(seed, i, j)*(1-u) + hash(seed, i+1, j)*u
	bottom := hash(seed, i, j+1)*(1-u) + hash(seed, i+1, j+1)*u
	return top*(1-v) + bottom*v
}
