package synth

import (
	"math"
	"math/rand/v2"
)

// between is a random number in [a, b).
func between(r *rand.Rand, a, b float64) float64 { return a + (b-a)*r.Float64() }

// chance is true with probability p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

func drawSun(p pen, r *rand.Rand) {
	core := hsv(between(r, 0.10, 0.155), between(r, 0.25, 0.75), 1)
	p.halo(core, 0.9, 0, 0.5, 1.15)
	if chance(r, 0.55) {
		p.fill(p.glow(core, 0.8), star(8+r.IntN(5), 0, 0.5, 0.72, 0.42, r.Float64()))
	}
	p.fill(p.glow(core.mix(rgb{1, 1, 0.9}, 0.5), 1), arc(0, 0.5, 0.42, 0.42, 0, 2*math.Pi))
}

func drawMoon(p pen, r *rand.Rand) {
	pale := hsv(0.14, between(r, 0.05, 0.25), 1)
	p.halo(pale, 0.35, 0, 0.5, 1)
	if chance(r, 0.35) {
		p.fill(p.glow(pale, 1), arc(0, 0.5, 0.48, 0.48, 0, 2*math.Pi))
		for range 4 {
			a, d := between(r, 0, 2*math.Pi), between(r, 0, 0.3)
			size := between(r, 0.05, 0.11)
			p.fill(p.glow(pale.times(0.78), 0.8), arc(d*math.Cos(a), 0.5+d*math.Sin(a), size, size, 0, 2*math.Pi))
		}
		return
	}
	q := p.at(0, 0.5, 1, 1, between(r, -0.7, 0.7))
	outline := arc(0, 0, 0.5, 0.5, 0.5*math.Pi, 1.5*math.Pi)
	inner := arc(0, 0, between(r, 0.1, 0.3), 0.5, 1.5*math.Pi, 0.5*math.Pi)
	q.fill(q.glow(pale, 1), append(outline, inner...))
}

func drawStar(p pen, r *rand.Rand) {
	white := hsv(between(r, 0.1, 0.65), between(r, 0, 0.25), 1)
	tips, inner := 4, 0.13
	if chance(r, 0.4) {
		tips, inner = 5, 0.21
	}
	p.fill(p.glow(white, 1), star(tips, 0, 0.5, 0.5, inner, between(r, -0.2, 0.2)))
}

func drawCloud(p pen, r *rand.Rand) {
	shade := between(r, 0.86, 1)
	white := rgb{shade, shade, min(1, shade+0.03)}
	puffs := 4 + r.IntN(4)
	for layer, k := range []float64{0.82, 1} {
		for i := range puffs {
			x := 0.95 * (float64(i)/float64(puffs-1) - 0.5) * 2
			size := (0.22 + 0.24*math.Cos(x*1.3)) * between(r, 0.8, 1.15)
			how := p.lit(white.times(k))
			how.texture, how.relief, how.alpha = 0.04, 0.25, 0.92
			p.fill(how, arc(x*0.8, 0.3+size*0.5+0.06*float64(layer), size, size*0.78, 0, 2*math.Pi))
		}
	}
}

func drawMountain(p pen, r *rand.Rand) {
	rock := hsv(between(r, 0.55, 0.72), between(r, 0.08, 0.3), between(r, 0.35, 0.6))
	w, lean := between(r, 0.85, 1.3), between(r, -0.25, 0.25)
	p.poly(rock, -w, 0, -0.55*w+lean*0.4, 0.42, lean-0.12, 0.8, lean, 1, lean+0.15, 0.83, 0.5*w+lean*0.3, 0.5, w, 0)
	p.poly(rock.times(0.72), lean, 1, lean+0.15, 0.83, 0.5*w+lean*0.3, 0.5, w, 0, 0.25*w, 0, lean*0.6+0.1, 0.45)
	if chance(r, 0.75) {
		snow := rgb{0.96, 0.97, 1}
		p.poly(snow, lean, 1, lean-0.12, 0.8, lean-0.22, 0.68, lean-0.1, 0.72, lean-0.03, 0.62, lean+0.06, 0.74, lean+0.2, 0.7, lean+0.15, 0.83)
	}
}

func drawTree(p pen, r *rand.Rand) {
	p.shadow(0.3)
	bark := hsv(between(r, 0.04, 0.1), between(r, 0.35, 0.6), between(r, 0.25, 0.45))
	leaf := hsv(between(r, 0.22, 0.4), between(r, 0.45, 0.85), between(r, 0.28, 0.6))
	if chance(r, 0.15) {
		leaf = hsv(between(r, 0.02, 0.13), 0.8, between(r, 0.6, 0.85)) // autumn
	}
	if chance(r, 0.45) { // a conifer
		p.rect(bark, -0.05, 0, 0.05, 0.25)
		for i := range 3 {
			y, w := 0.16+0.24*float64(i), 0.36-0.085*float64(i)
			p.poly(leaf.times(1-0.08*float64(2-i)), -w, y, w, y, 0, y+0.4)
		}
		return
	}
	p.poly(bark, -0.07, 0, 0.07, 0, 0.045, 0.5, -0.045, 0.5)
	for range 7 {
		a, d := between(r, 0, 2*math.Pi), between(r, 0, 0.2)
		size := between(r, 0.16, 0.24)
		p.ellipse(leaf.times(between(r, 0.8, 1.15)), d*math.Cos(a), 0.68+0.85*d*math.Sin(a), size, size*0.9)
	}
}

func drawFlower(p pen, r *rand.Rand) {
	petal := hsv(between(r, 0.78, 1.18), between(r, 0.5, 0.95), between(r, 0.85, 1))
	green := hsv(0.31, 0.7, between(r, 0.35, 0.6))
	p.line(green, 0.07, 0, 0, between(r, -0.05, 0.05), 0.6)
	p.at(0, 0.15, 0.3, 0.3, -0.7).ellipse(green, 0, 0.4, 0.16, 0.42)
	n := 5 + r.IntN(3)
	turn := r.Float64()
	for i := range n {
		q := p.at(0, 0.7, 1, 1, turn+2*math.Pi*float64(i)/float64(n))
		q.ellipse(petal, 0, 0.18, 0.11, 0.17)
	}
	p.ellipse(hsv(0.14, 0.85, 1), 0, 0.7, 0.1, 0.1)
}

func drawMushroom(p pen, r *rand.Rand) {
	p.shadow(0.3)
	stem := rgb{0.93, 0.9, 0.82}
	p.poly(stem, -0.13, 0, 0.13, 0, 0.1, 0.5, -0.1, 0.5)
	hat := hsv(between(r, 0.97, 1.03), between(r, 0.75, 0.95), between(r, 0.65, 0.9))
	if chance(r, 0.3) {
		hat = hsv(between(r, 0.05, 0.1), 0.6, 0.6)
	}
	p.sector(hat, 0, 0.42, 0.46, 0.5, 0, math.Pi)
	for range 5 {
		a, d := between(r, 0.35, math.Pi-0.35), between(r, 0.12, 0.38)
		p.ellipse(rgb{1, 0.98, 0.95}, d*math.Cos(a), 0.45+d*math.Sin(a), 0.06, 0.05)
	}
}

func drawCactus(p pen, r *rand.Rand) {
	p.shadow(0.25)
	green := hsv(between(r, 0.3, 0.42), between(r, 0.45, 0.7), between(r, 0.35, 0.55))
	post := func(x, y0, y1, w float64) {
		p.rect(green, x-w, y0, x+w, y1)
		p.ellipse(green, x, y1, w, w)
		p.line(green.times(0.75), w*0.3, x, y0, x, y1)
	}
	post(0, 0, 0.88, 0.12)
	for _, side := range []float64{-1, 1} {
		if chance(r, 0.2) && side > 0 {
			continue
		}
		y := between(r, 0.28, 0.45)
		p.rect(green, min(0, side*0.34), y-0.07, max(0, side*0.34), y+0.07)
		p.ellipse(green, side*0.34, y, 0.075, 0.075)
		post(side*0.34, y, y+between(r, 0.2, 0.33), 0.075)
	}
	if chance(r, 0.3) {
		p.ellipse(hsv(0.93, 0.7, 1), 0, 1, 0.09, 0.07)
	}
}

func drawBird(p pen, r *rand.Rand) {
	color := hsv(r.Float64(), between(r, 0, 0.55), between(r, 0.12, 0.5))
	if chance(r, 0.3) {
		color = rgb{0.96, 0.96, 0.96}
	}
	side := 1.0
	if chance(r, 0.5) {
		side = -1
	}
	q := p.at(0, 0.5, side, 1, between(r, -0.2, 0.2))
	lift := between(r, -0.12, 0.45)
	q.ellipse(color, 0, 0, 0.36, 0.13)
	q.ellipse(color, 0.36, 0.08, 0.12, 0.11)
	q.poly(hsv(0.1, 0.9, 0.95), 0.46, 0.11, 0.6, 0.06, 0.46, 0.03)
	q.poly(color.times(0.85), -0.3, 0.02, -0.62, 0.1, -0.58, -0.08)
	q.poly(color.times(0.75), 0.16, 0.05, -0.14, 0.05, -0.3, lift+0.2, -0.12, lift+0.13)
	q.poly(color.times(1.1), 0.2, 0.05, -0.08, 0.05, 0.05, lift+0.3, 0.2, lift+0.16)
}

func drawFish(p pen, r *rand.Rand) {
	color := hsv(between(r, -0.06, 0.16), between(r, 0.6, 0.95), between(r, 0.8, 1))
	if chance(r, 0.35) {
		color = hsv(between(r, 0.5, 0.65), between(r, 0.15, 0.5), between(r, 0.7, 0.95))
	}
	side := 1.0
	if chance(r, 0.5) {
		side = -1
	}
	q := p.at(0, 0.5, side, 1, between(r, -0.45, 0.45))
	q.poly(color.times(0.85), -0.3, 0, -0.62, 0.24, -0.53, 0, -0.62, -0.24)
	q.poly(color.times(0.8), -0.12, 0.15, 0.12, 0.36, 0.2, 0.15)
	q.ellipse(color, 0.03, 0, 0.4, 0.22)
	q.sector(color.mix(rgb{1, 1, 1}, 0.5), 0.03, 0, 0.38, 0.2, 1.15*math.Pi, 1.85*math.Pi)
	if chance(r, 0.5) {
		q.rect(rgb{1, 1, 1}, 0.08, -0.2, 0.14, 0.2)
	}
	q.ellipse(rgb{1, 1, 1}, 0.27, 0.06, 0.06, 0.06)
	q.ellipse(rgb{0.05, 0.05, 0.05}, 0.28, 0.06, 0.035, 0.035)
}

func drawSnowman(p pen, r *rand.Rand) {
	p.shadow(0.3)
	white := rgb{0.97, 0.98, 1}
	p.ellipse(white, 0, 0.24, 0.28, 0.26)
	p.ellipse(white, 0, 0.58, 0.21, 0.2)
	p.ellipse(white, 0, 0.83, 0.15, 0.15)
	dark := rgb{0.1, 0.1, 0.12}
	p.rect(hsv(r.Float64(), 0.8, 0.75), -0.17, 0.67, 0.17, 0.74)
	p.rect(dark, -0.19, 0.94, 0.19, 0.98)
	p.rect(dark, -0.12, 0.96, 0.12, 1.14)
	p.poly(hsv(0.07, 0.9, 0.95), 0, 0.85, 0, 0.79, 0.2, 0.8)
	for _, x := range []float64{-0.06, 0.06} {
		p.ellipse(dark, x, 0.88, 0.022, 0.022)
	}
	for _, y := range []float64{0.5, 0.6} {
		p.ellipse(dark, 0, y, 0.024, 0.024)
	}
	for _, side := range []float64{-1, 1} {
		p.line(hsv(0.07, 0.5, 0.3), 0.03, side*0.18, 0.6, side*0.46, between(r, 0.65, 0.85))
	}
}
