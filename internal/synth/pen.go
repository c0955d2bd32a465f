package synth

import "math"

// pen draws one object in its own coordinates: x to the right, y up, the foot
// of the object at (0, 0), its size about 1.
type pen struct {
	c     *canvas
	xx    float64 // canvas x = x0 + xx*x + xy*y, in pixels
	xy    float64
	yx    float64
	yy    float64
	x0    float64
	y0    float64
	owner uint16
	light rgb     // of the scene
	haze  rgb     // colour of the distance
	depth float64 // how much of the haze lies before the object, 0 to 1
}

// at is a pen moved, scaled by (sx, sy) and turned counterclockwise by angle.
func (p pen) at(x, y, sx, sy, angle float64) pen {
	q := p
	q.x0, q.y0 = p.x0+p.xx*x+p.xy*y, p.y0+p.yx*x+p.yy*y
	s, c := math.Sincos(angle)
	q.xx, q.xy = (p.xx*c+p.xy*s)*sx, (p.xy*c-p.xx*s)*sy
	q.yx, q.yy = (p.yx*c+p.yy*s)*sx, (p.yy*c-p.yx*s)*sy
	return q
}

// poly fills the polygon through x, y, x, y, ...
func (p pen) poly(color rgb, xy ...float64) { p.fill(p.lit(color), xy) }

// lit is the paint of a surface in the light of the scene.
func (p pen) lit(color rgb) paint {
	return paint{color: color.tint(p.light).mix(p.haze, p.depth), alpha: 1, relief: 0.45, texture: 0.12, owner: p.owner}
}

// glow is the paint of something that shines by itself.
func (p pen) glow(color rgb, alpha float64) paint {
	return paint{color: color, alpha: alpha, owner: p.owner}
}

// halo is light around (x, y) that belongs to no object.
func (p pen) halo(color rgb, alpha, x, y, radius float64) {
	how := paint{color: color, alpha: alpha, fade: true}
	p.fill(how, arc(x, y, radius, radius, 0, 2*math.Pi))
}

// fill fills the polygon through x, y, x, y, ... with a paint.
func (p pen) fill(how paint, xy []float64) {
	poly := make([]point, 0, len(xy)/2)
	for i := 0; i+1 < len(xy); i += 2 {
		poly = append(poly, point{p.x0 + p.xx*xy[i] + p.xy*xy[i+1], p.y0 + p.yx*xy[i] + p.yy*xy[i+1]})
	}
	p.c.fill(poly, how)
}

// rect fills a rectangle by its corners.
func (p pen) rect(color rgb, x0, y0, x1, y1 float64) { p.poly(color, x0, y0, x1, y0, x1, y1, x0, y1) }

// ellipse fills an ellipse.
func (p pen) ellipse(color rgb, x, y, rx, ry float64) {
	p.fill(p.lit(color), arc(x, y, rx, ry, 0, 2*math.Pi))
}

// sector fills the part of an ellipse between two angles, closed by its chord.
func (p pen) sector(color rgb, x, y, rx, ry, from, to float64) {
	p.fill(p.lit(color), arc(x, y, rx, ry, from, to))
}

// line fills a straight stroke.
func (p pen) line(color rgb, width, x0, y0, x1, y1 float64) {
	dx, dy := x1-x0, y1-y0
	k := width / 2 / max(math.Hypot(dx, dy), 1e-9)
	p.poly(color, x0-dy*k, y0+dx*k, x1-dy*k, y1+dx*k, x1+dy*k, y1-dx*k, x0+dy*k, y0-dx*k)
}

// shadow darkens the ground under an object of that half width.
func (p pen) shadow(width float64) {
	how := paint{color: rgb{0.05, 0.05, 0.08}, alpha: 0.35 * (1 - p.depth)}
	p.fill(how, arc(0.12*width, 0, 1.15*width, 0.22*width, 0, 2*math.Pi))
}

// arc is points along an ellipse.
func arc(x, y, rx, ry, from, to float64) []float64 {
	const steps = 28
	out := make([]float64, 0, 2*(steps+1))
	for i := range steps + 1 {
		s, c := math.Sincos(from + (to-from)*float64(i)/steps)
		out = append(out, x+rx*c, y+ry*s)
	}
	return out
}

// star is the outline of a star with n tips.
func star(n int, x, y, outer, inner, turn float64) []float64 {
	var out []float64
	for i := range 2 * n {
		r := outer
		if i%2 == 1 {
			r = inner
		}
		s, c := math.Sincos(turn + math.Pi*float64(i)/float64(n))
		out = append(out, x+r*s, y+r*c)
	}
	return out
}
