package synth

import (
	"math"
	"math/rand/v2"
)

// vivid is a strong colour of any hue.
func vivid(r *rand.Rand) rgb { return hsv(r.Float64(), between(r, 0.6, 0.95), between(r, 0.65, 1)) }

func drawHouse(p pen, r *rand.Rand) {
	p.shadow(0.5)
	wall := hsv(between(r, 0.03, 0.17), between(r, 0.08, 0.5), between(r, 0.65, 0.98))
	if chance(r, 0.25) {
		wall = hsv(r.Float64(), between(r, 0.15, 0.45), between(r, 0.6, 0.9))
	}
	roof := hsv(between(r, 0.98, 1.06), between(r, 0.45, 0.8), between(r, 0.35, 0.7))
	w, h := between(r, 0.36, 0.5), between(r, 0.48, 0.65)
	if chance(r, 0.4) {
		p.rect(roof.times(0.7), 0.5*w, h, 0.5*w+0.12, h+0.34)
	}
	p.rect(wall, -w, 0, w, h)
	p.poly(roof, -w-0.08, h, w+0.08, h, w*0.25, 1, -w*0.25, 1)
	glass := paint{color: rgb{0.45, 0.62, 0.78}.tint(p.light), alpha: 1, relief: 0.3, owner: p.owner}
	if p.light.r < 0.6 && chance(r, 0.85) {
		glass = p.glow(rgb{1, 0.85, 0.45}, 1)
	}
	for _, x := range []float64{-0.55, 0.55} {
		p.rect(rgb{0.95, 0.95, 0.93}, x*w-0.11, 0.28*h+0.06, x*w+0.11, 0.28*h+0.3)
		p.fill(glass, []float64{x*w - 0.085, 0.28*h + 0.085, x*w + 0.085, 0.28*h + 0.085, x*w + 0.085, 0.28*h + 0.275, x*w - 0.085, 0.28*h + 0.275})
	}
	p.rect(hsv(r.Float64(), 0.5, 0.4), -0.07, 0, 0.07, 0.28)
}

func drawCar(p pen, r *rand.Rand) {
	p.shadow(0.8)
	side := 1.0
	if chance(r, 0.5) {
		side = -1
	}
	q := p.at(0, 0, side, 1, 0)
	body := vivid(r)
	if chance(r, 0.35) {
		v := between(r, 0.15, 0.95)
		body = rgb{v, v, v}
	}
	q.poly(body, -0.85, 0.18, -0.82, 0.48, -0.6, 0.55, 0.62, 0.55, 0.88, 0.42, 0.9, 0.18)
	q.poly(body.times(0.92), -0.58, 0.53, -0.38, 0.9, 0.22, 0.9, 0.52, 0.53)
	glass := rgb{0.6, 0.75, 0.85}
	q.poly(glass, -0.47, 0.56, -0.32, 0.83, -0.1, 0.83, -0.1, 0.56)
	q.poly(glass, -0.03, 0.56, -0.03, 0.83, 0.19, 0.83, 0.4, 0.56)
	for _, x := range []float64{-0.5, 0.5} {
		q.ellipse(rgb{0.08, 0.08, 0.09}, x, 0.19, 0.2, 0.2)
		q.ellipse(rgb{0.7, 0.7, 0.72}, x, 0.19, 0.09, 0.09)
	}
	q.fill(q.glow(rgb{1, 0.95, 0.7}, 1), arc(0.85, 0.37, 0.06, 0.06, 0, 2*math.Pi))
	q.fill(q.glow(rgb{0.9, 0.1, 0.1}, 1), arc(-0.82, 0.4, 0.045, 0.06, 0, 2*math.Pi))
}

func drawBoat(p pen, r *rand.Rand) {
	side := 1.0
	if chance(r, 0.5) {
		side = -1
	}
	q := p.at(0, 0, side, 1, between(r, -0.08, 0.08))
	hull := vivid(r)
	if chance(r, 0.4) {
		hull = hsv(0.07, 0.6, between(r, 0.35, 0.6))
	}
	q.poly(hull, -0.55, 0.26, 0.62, 0.28, 0.42, 0, -0.4, 0)
	q.rect(rgb{0.95, 0.95, 0.95}, -0.55, 0.22, 0.58, 0.28)
	if chance(r, 0.7) {
		sail := rgb{0.97, 0.96, 0.92}
		if chance(r, 0.35) {
			sail = vivid(r)
		}
		q.line(hsv(0.07, 0.5, 0.35), 0.05, 0, 0.25, 0, 1.05)
		q.poly(sail, 0.05, 0.34, 0.05, 1.02, 0.5, 0.36)
		q.poly(sail.times(0.88), -0.05, 0.36, -0.05, 0.92, -0.42, 0.38)
		return
	}
	q.rect(rgb{0.93, 0.93, 0.95}, -0.32, 0.28, 0.2, 0.52)
	q.rect(rgb{0.3, 0.45, 0.6}, -0.25, 0.34, 0.13, 0.45)
	q.rect(vivid(r), -0.22, 0.52, -0.06, 0.78)
}

func drawUmbrella(p pen, r *rand.Rand) {
	p.shadow(0.4)
	q := p.at(0, 0, 1, 1, between(r, -0.25, 0.25))
	q.line(rgb{0.85, 0.82, 0.75}, 0.05, 0, 0, 0, 0.98)
	a, b := vivid(r), rgb{0.97, 0.97, 0.95}
	if chance(r, 0.4) {
		b = vivid(r)
	}
	const slices = 6
	for i := range slices {
		color := a
		if i%2 == 1 {
			color = b
		}
		x0, x1 := math.Cos(math.Pi*float64(i)/slices), math.Cos(math.Pi*float64(i+1)/slices)
		left, right := arc(0, 0.58, 0.56*x0, 0.4, 0, math.Pi/2), arc(0, 0.58, 0.56*x1, 0.4, math.Pi/2, 0)
		q.poly(color, append(left, right...)...)
	}
}

func drawBall(p pen, r *rand.Rand) {
	p.shadow(0.45)
	q := p.at(0, 0.45, 1, 1, between(r, 0, 2*math.Pi))
	a, b := vivid(r), rgb{0.97, 0.97, 0.97}
	q.ellipse(b, 0, 0, 0.45, 0.45)
	if chance(r, 0.35) { // a football
		dark := rgb{0.08, 0.08, 0.1}
		q.fill(q.lit(dark), star(5, 0, 0, 0.17, 0.14, 0))
		for i := range 5 {
			s, c := math.Sincos(2*math.Pi*float64(i)/5 + math.Pi/5)
			q.ellipse(dark, 0.36*s, 0.36*c, 0.085, 0.085)
		}
		return
	}
	for i := range 3 {
		from := 2 * math.Pi * float64(i) / 3
		wedge := append(arc(0, 0, 0.45, 0.45, from, from+math.Pi/3), 0, 0)
		q.poly(a, wedge...)
	}
	q.ellipse(b, 0, 0, 0.07, 0.07)
}

func drawBalloon(p pen, r *rand.Rand) {
	a := vivid(r)
	b := a
	if chance(r, 0.7) {
		b = vivid(r)
	}
	p.rect(hsv(0.08, 0.6, 0.45), -0.1, 0, 0.1, 0.14)
	rope := rgb{0.3, 0.25, 0.2}
	p.line(rope, 0.02, -0.09, 0.12, -0.2, 0.4)
	p.line(rope, 0.02, 0.09, 0.12, 0.2, 0.4)
	p.poly(a, append(arc(0, 0.64, 0.37, 0.38, -0.15*math.Pi, 1.15*math.Pi), -0.1, 0.24, 0.1, 0.24)...)
	p.poly(b, append(arc(0, 0.64, 0.2, 0.38, -0.15*math.Pi, 1.15*math.Pi), -0.05, 0.24, 0.05, 0.24)...)
	p.poly(a, append(arc(0, 0.64, 0.07, 0.38, -0.15*math.Pi, 1.15*math.Pi), -0.02, 0.24, 0.02, 0.24)...)
}

func drawKite(p pen, r *rand.Rand) {
	a, b := vivid(r), vivid(r)
	q := p.at(0, 0.4, 1, 1, between(r, -0.6, 0.6))
	x, y := 0.0, -0.35
	for i := range 4 {
		nx, ny := 0.12*math.Sin(float64(2*i+1)), y-0.16
		q.line(rgb{0.25, 0.25, 0.25}, 0.025, x, y, nx, ny)
		q.poly(b, nx, ny, nx-0.09, ny+0.06, nx-0.09, ny-0.06)
		q.poly(a, nx, ny, nx+0.09, ny+0.06, nx+0.09, ny-0.06)
		x, y = nx, ny
	}
	q.poly(a, 0, 0.55, -0.34, 0.15, 0, -0.35)
	q.poly(b, 0, 0.55, 0.34, 0.15, 0, -0.35)
	q.line(rgb{0.2, 0.2, 0.2}, 0.025, -0.34, 0.15, 0.34, 0.15)
}

func drawLamp(p pen, r *rand.Rand) {
	metal := hsv(between(r, 0.3, 0.6), between(r, 0.05, 0.4), between(r, 0.15, 0.35))
	p.rect(metal, -0.06, 0, 0.06, 0.08)
	p.rect(metal, -0.028, 0, 0.028, 0.86)
	on := p.light.r < 0.6
	bulb := rgb{0.95, 0.93, 0.85}
	if on {
		bulb = rgb{1, 0.9, 0.55}
		p.halo(bulb, 0.8, 0, 0.9, 0.55)
	}
	if chance(r, 0.5) {
		p.fill(p.glow(bulb.tint(p.light).mix(bulb, one(on)), 1), arc(0, 0.92, 0.1, 0.11, 0, 2*math.Pi))
		p.poly(metal, -0.12, 0.98, 0.12, 0.98, 0, 1.07)
		return
	}
	for _, side := range []float64{-1, 1} {
		p.line(metal, 0.04, 0, 0.84, side*0.2, 0.92)
		p.fill(p.glow(bulb.tint(p.light).mix(bulb, one(on)), 1), arc(side*0.22, 0.88, 0.085, 0.085, 0, 2*math.Pi))
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func drawFence(p pen, r *rand.Rand) {
	wood := hsv(between(r, 0.06, 0.11), between(r, 0.05, 0.5), between(r, 0.5, 0.97))
	n := 5 + r.IntN(6)
	half := between(r, 1.2, 2.6)
	for _, y := range []float64{0.3, 0.68} {
		p.rect(wood.times(0.85), -half, y-0.06, half, y+0.06)
	}
	for i := range n {
		x := half * (2*float64(i)/float64(n-1) - 1)
		p.poly(wood, x-0.085, 0, x+0.085, 0, x+0.085, 0.86, x, 1, x-0.085, 0.86)
	}
}

func drawTent(p pen, r *rand.Rand) {
	p.shadow(0.6)
	cloth := hsv(between(r, 0, 0.6), between(r, 0.55, 0.9), between(r, 0.6, 0.95))
	lean := between(r, 0.15, 0.4)
	p.poly(cloth.times(0.75), 0, 0.75, lean, 0.8, 0.62+lean*0.6, 0.05, 0.5, 0)
	p.poly(cloth, -0.55, 0, 0.5, 0, 0, 0.75)
	dark := rgb{0.12, 0.1, 0.1}
	p.poly(dark, -0.17, 0, 0.17, 0, 0, 0.55)
	p.poly(cloth.mix(rgb{1, 1, 1}, 0.35), -0.17, 0, -0.05, 0, 0, 0.55)
}

func drawWindmill(p pen, r *rand.Rand) {
	p.shadow(0.3)
	wall := hsv(between(r, 0.05, 0.14), between(r, 0.05, 0.4), between(r, 0.7, 0.95))
	p.poly(wall, -0.22, 0, 0.22, 0, 0.13, 0.62, -0.13, 0.62)
	p.sector(hsv(between(r, 0.98, 1.05), 0.6, 0.45), 0, 0.62, 0.15, 0.14, 0, math.Pi)
	p.rect(hsv(0.07, 0.6, 0.3), -0.05, 0, 0.05, 0.17)
	turn := between(r, 0, math.Pi/2)
	for i := range 4 {
		q := p.at(0, 0.64, 1, 1, turn+math.Pi/2*float64(i))
		q.rect(rgb{0.97, 0.96, 0.93}, 0.02, 0.1, 0.13, 0.5)
		q.line(rgb{0.35, 0.25, 0.2}, 0.03, 0, 0, 0, 0.5)
	}
	p.ellipse(rgb{0.25, 0.2, 0.2}, 0, 0.64, 0.04, 0.04)
}

// drawRoad is drawn on the whole image: p has the vanishing point at (0, 1)
// and the image's lower edge at y = 0.
func drawRoad(p pen, r *rand.Rand) {
	grey := between(r, 0.26, 0.48)
	asphalt := rgb{grey, grey, grey * between(r, 1, 1.08)}
	left, right := between(r, -0.9, -0.35), between(r, 0.35, 0.9)
	top := between(r, 0.02, 0.05)
	p.poly(asphalt, left, 0, right, 0, top, 1, -top, 1)
	for _, x := range []float64{left, right} {
		p.poly(rgb{0.88, 0.87, 0.82}, x*0.94, 0, x*0.88, 0, 0, 0.99)
	}
	mark := rgb{0.95, 0.94, 0.86}
	if chance(r, 0.3) {
		mark = rgb{0.95, 0.8, 0.25}
	}
	middle := (left + right) / 2
	at := func(y float64) (x, w float64) { return middle * (1 - y), 0.035 * (1 - y) }
	for _, y := range []float64{0, 0.26, 0.47, 0.64, 0.78} {
		x0, w0 := at(y)
		x1, w1 := at(y + 0.13*(1-y))
		p.poly(mark, x0-w0, y, x0+w0, y, x1+w1, y+0.13*(1-y), x1-w1, y+0.13*(1-y))
	}
}
