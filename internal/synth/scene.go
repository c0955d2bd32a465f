package synth

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// object is one thing in an image, as COCO describes it.
type object struct {
	class      int // index of things
	x, y, w, h int // box, pixels
	area       int // visible pixels
}

// placed is an object to be drawn.
type placed struct {
	class int
	x, y  float64 // foot, pixels
	size  float64 // pixels
	depth float64 // haze before it
}

// scene is an image in the making with what it shows.
type scene struct {
	*canvas
	r       *rand.Rand
	kinds   []thing
	set     setting
	horizon float64 // pixels from the top
	shore   float64 // where the water ends; horizon without water
	light   rgb
	haze    rgb
	count   uint16 // of objects drawn
	full    []int  // pixels of each object when it was drawn, by owner-1
	class   []int  // of each object
}

// minVisible is the share of an object that must not be covered for it to be
// labelled, minShare its least size as a share of the image.
const (
	minVisible = 0.3
	minShare   = 0.0009
)

// drawScene draws one image and says what can be seen in it.
func drawScene(size int, r *rand.Rand) (*canvas, []object) {
	s := &scene{canvas: newCanvas(size, r.Uint64()), r: r, kinds: things(), set: pickSetting(r)}
	s.compose()
	s.develop()
	return s.canvas, s.visible()
}

func pickSetting(r *rand.Rand) setting {
	all := settings()
	u := r.Float64()
	for _, s := range all {
		if u -= s.weight; u < 0 {
			return s
		}
	}
	return all[0]
}

// compose draws from back to front.
func (s *scene) compose() {
	side := float64(s.size)
	s.horizon = between(s.r, 0.4, 0.62) * side
	s.shore = s.horizon + s.set.water*between(s.r, 0.8, 1.2)*(side-s.horizon)
	s.light, s.haze = s.drawSky()
	at := s.place()
	s.drawAll(at, sky)
	s.drawAll(at, far)
	s.drawGround()
	s.drawAll(at, flat)
	s.drawClutter()
	s.drawAll(at, water)
	s.drawAll(at, land)
	s.drawAll(at, air)
}

// place chooses what is in the image and where.
func (s *scene) place() []placed {
	var out []placed
	for class, kind := range s.kinds {
		if !chance(s.r, s.set.odds[kind.name]) {
			continue
		}
		n := 1
		for n < kind.most && chance(s.r, 0.5) {
			n++
		}
		for range n {
			out = append(out, s.placeOne(class, kind))
		}
	}
	slices.SortStableFunc(out, func(a, b placed) int { return cmp.Compare(a.y, b.y) })
	return out
}

// placeOne puts one object at a place that its layer allows. Things on the
// ground are smaller and hazier the farther they are.
func (s *scene) placeOne(class int, kind thing) placed {
	side := float64(s.size)
	p := placed{class: class, x: between(s.r, 0.06, 0.94) * side, size: between(s.r, kind.small, kind.large) * side}
	switch kind.layer {
	case sky, air:
		p.y = between(s.r, 0.02*side+p.size, max(0.05*side+p.size, s.horizon*0.95))
	case far:
		p.x, p.y, p.depth = between(s.r, 0, 1)*side, s.horizon+2, between(s.r, 0.1, 0.4)
	case flat:
		p.x, p.y = between(s.r, 0.3, 0.7)*side, side
	case water:
		p.y = between(s.r, s.horizon+0.04*side, max(s.shore, s.horizon+0.05*side))
	case land:
		near := s.r.Float64()
		top := s.shore + 0.02*side
		p.y = top + near*(1.02*side-top)
		p.size *= 0.55 + 0.55*near
		p.depth = 0.25 * (1 - near)
	}
	return p
}

// drawAll draws the objects of a layer.
func (s *scene) drawAll(at []placed, l layer) {
	for _, p := range at {
		kind := s.kinds[p.class]
		if kind.layer != l {
			continue
		}
		s.count++
		q := pen{c: s.canvas, xx: p.size, yy: -p.size, x0: p.x, y0: p.y, owner: s.count, light: s.light, haze: s.haze, depth: p.depth}
		if l == flat {
			q.xx, q.yy = float64(s.size), -(float64(s.size) - s.horizon)
		}
		kind.draw(q, s.r)
		n := 0
		for _, o := range s.owner {
			if o == s.count {
				n++
			}
		}
		s.full = append(s.full, n)
		s.class = append(s.class, p.class)
	}
}

// visible are the objects of which enough can be seen, in drawing order.
func (s *scene) visible() []object {
	boxes := make([]object, s.count)
	for i := range boxes {
		boxes[i] = object{class: s.class[i], x: s.size, y: s.size}
	}
	for at, owner := range s.owner {
		if owner == 0 {
			continue
		}
		o := &boxes[owner-1]
		x, y := at%s.size, at/s.size
		right, bottom := max(o.x+o.w, x+1), max(o.y+o.h, y+1)
		if o.area == 0 {
			right, bottom = x+1, y+1
		}
		o.x, o.y = min(o.x, x), min(o.y, y)
		o.w, o.h = right-o.x, bottom-o.y
		o.area++
	}
	least := minShare * float64(s.size*s.size)
	var out []object
	for i, o := range boxes {
		if float64(o.area) >= least && float64(o.area) >= minVisible*float64(s.full[i]) {
			out = append(out, o)
		}
	}
	return out
}
