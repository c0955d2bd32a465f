package synth

import (
	"math"
	"math/rand/v2"
)

// drawSky fills all above the horizon and gives the light and the haze that
// belong to it.
func (s *scene) drawSky() (light, haze rgb) {
	r := s.r
	var top, low rgb
	switch {
	case s.set.night:
		top = hsv(between(r, 0.6, 0.72), between(r, 0.5, 0.8), between(r, 0.06, 0.16))
		low = hsv(between(r, 0.6, 0.85), between(r, 0.3, 0.6), between(r, 0.18, 0.38))
		k := between(r, 0.3, 0.46)
		light = rgb{k, k, k * 1.25}
	case chance(r, 0.2): // morning or evening
		top = hsv(between(r, 0.55, 0.75), between(r, 0.3, 0.5), between(r, 0.5, 0.8))
		low = hsv(between(r, 0.02, 0.1), between(r, 0.35, 0.65), between(r, 0.85, 1))
		light = rgb{1, between(r, 0.82, 0.92), between(r, 0.68, 0.82)}
	case chance(r, 0.3): // dull
		v := between(r, 0.6, 0.85)
		top, low = rgb{v * 0.93, v * 0.97, v}, rgb{v * 1.05, v * 1.06, v * 1.06}
		light = rgb{0.82, 0.84, 0.88}
	default:
		top = hsv(between(r, 0.55, 0.62), between(r, 0.5, 0.8), between(r, 0.65, 0.95))
		low = hsv(between(r, 0.52, 0.6), between(r, 0.12, 0.35), between(r, 0.88, 1))
		light = rgb{1, 1, 0.97}
	}
	seed, cell := r.Uint64(), float64(s.size)/between(r, 2, 5)
	for y := range min(s.size, int(s.horizon)+1) {
		t := float64(y) / s.horizon
		for x := range s.size {
			n := clouds(seed, float64(x)/cell, 2*float64(y)/cell) - 0.5
			s.pix[y*s.size+x] = top.mix(low, max(0, min(t+0.35*n, 1))).times(1 + 0.12*n)
		}
	}
	return light, low
}

// surface is the colour of a kind of ground and how rough it is.
func surface(g ground, r *rand.Rand) (color rgb, rough float64) {
	switch g {
	case sand:
		return hsv(between(r, 0.09, 0.13), between(r, 0.25, 0.5), between(r, 0.75, 0.95)), 0.16
	case pavement:
		return hsv(between(r, 0.05, 0.35), between(r, 0.03, 0.3), between(r, 0.45, 0.72)), 0.2
	case soil:
		return hsv(between(r, 0.08, 0.3), between(r, 0.3, 0.6), between(r, 0.22, 0.45)), 0.5
	case snowfield:
		return hsv(0.6, between(r, 0.02, 0.1), between(r, 0.88, 1)), 0.08
	default:
		return hsv(between(r, 0.19, 0.34), between(r, 0.45, 0.75), between(r, 0.4, 0.7)), 0.4
	}
}

// drawGround fills all below the horizon: water down to the shore, then land.
func (s *scene) drawGround() {
	land, rough := surface(s.set.ground, s.r)
	sea := hsv(between(s.r, 0.48, 0.6), between(s.r, 0.4, 0.75), between(s.r, 0.45, 0.8))
	seed, wave := s.r.Uint64(), between(s.r, 0.05, 0.14)*float64(s.size)
	slope := between(s.r, -0.06, 0.06)
	side := float64(s.size)
	for y := int(s.horizon); y < s.size; y++ {
		near := (float64(y) - s.horizon) / (side - s.horizon)
		for x := range s.size {
			shore := s.shore + slope*(float64(x)-side/2) + 2*(clouds(seed, float64(x)/wave, 0)-0.5)
			color, rough := land, rough
			scale := 6 / (0.25 + near)
			n := clouds(seed, float64(x)/side*scale, near*scale*2) - 0.5
			if s.set.water > 0 && float64(y) < shore {
				color, rough = sea, 0.3
				n = clouds(seed, float64(x)/side*scale*0.7, near*scale*6) - 0.5
			}
			color = color.times(0.88 + 0.2*near + rough*n + 0.5*rough*(s.noise(x, y)-0.5)).tint(s.light)
			at := y*s.size + x
			s.pix[at] = color.mix(s.haze, 0.35*(1-near)*(1-near))
			s.owner[at] = 0
		}
	}
}

// drawClutter scatters bushes, stones and patches that are not a class.
func (s *scene) drawClutter() {
	side := float64(s.size)
	for range s.r.IntN(7) {
		near := s.r.Float64()
		size := (0.03 + 0.1*s.r.Float64()) * side * (0.4 + 0.6*near)
		p := pen{
			c: s.canvas, xx: size, yy: -size, light: s.light, haze: s.haze, depth: 0.25 * (1 - near),
			x0: s.r.Float64() * side, y0: s.shore + 0.03*side + near*(side-s.shore),
		}
		switch {
		case s.set.ground == snowfield || chance(s.r, 0.4): // a stone
			v := between(s.r, 0.3, 0.65)
			p.shadow(0.6)
			p.poly(rgb{v, v * 0.98, v * 0.94}, -0.6, 0, -0.5, 0.35, -0.1, 0.55, 0.35, 0.45, 0.6, 0.1, 0.55, 0)
		case s.set.ground == grass || s.set.ground == soil: // a bush
			leaf := hsv(between(s.r, 0.2, 0.38), between(s.r, 0.4, 0.8), between(s.r, 0.25, 0.5))
			for range 4 {
				p.ellipse(leaf.times(between(s.r, 0.85, 1.1)), between(s.r, -0.5, 0.5), between(s.r, 0.2, 0.45), 0.35, 0.3)
			}
		default: // a patch
			p.fill(paint{color: rgb{0.2, 0.2, 0.22}.tint(s.light), alpha: 0.25}, arc(0, 0, 1.2, 0.3, 0, 2*math.Pi))
		}
	}
}

// develop does what a camera does: exposure, colour cast, vignette, a little
// blur and noise.
func (s *scene) develop() {
	r := s.r
	gain, cast := between(r, 0.82, 1.18), rgb{between(r, 0.94, 1.06), 1, between(r, 0.94, 1.06)}
	edge, noise := between(r, 0, 0.3), between(r, 0.01, 0.05)
	if chance(r, 0.3) {
		s.blur(between(r, 0.3, 0.8))
	}
	half := float64(s.size) / 2
	for y := range s.size {
		for x := range s.size {
			dx, dy := (float64(x)-half)/half, (float64(y)-half)/half
			k := gain * (1 - edge*(dx*dx+dy*dy)/2)
			at := y*s.size + x
			c := s.pix[at].tint(cast).times(k)
			n := noise * (hash(s.grain+1, x, y) + hash(s.grain+2, x, y) - 1)
			s.pix[at] = rgb{c.r + n, c.g + n, c.b + n}
		}
	}
}

// blur mixes every pixel with the mean of its neighbours.
func (s *scene) blur(amount float64) {
	from := append([]rgb(nil), s.pix...)
	for y := 1; y+1 < s.size; y++ {
		for x := 1; x+1 < s.size; x++ {
			at := y*s.size + x
			a, b, c, d := from[at-1], from[at+1], from[at-s.size], from[at+s.size]
			mean := rgb{(a.r + b.r + c.r + d.r) / 4, (a.g + b.g + c.g + d.g) / 4, (a.b + b.b + c.b + d.b) / 4}
			s.pix[at] = from[at].mix(mean, amount)
		}
	}
}
