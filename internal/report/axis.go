package report

import (
	"math"
	"strconv"
)

// axis maps values to places.
type axis struct {
	lo, hi   float64 // values at its ends (logarithms of them, if log)
	from, to float64 // places
	log      bool
	step     float64
}

// axes span all points of the series.
func (c chart) axes(all []series) (x, y axis) {
	x = axis{lo: math.Inf(1), hi: math.Inf(-1), from: plotLeft, to: plotRight}
	y = axis{lo: math.Inf(1), hi: math.Inf(-1), from: plotBottom, to: plotTop, log: c.logY}
	for _, s := range all {
		for i, v := range s.y {
			if !finite(v) {
				continue
			}
			x.lo, x.hi = min(x.lo, s.x[i]), max(x.hi, s.x[i])
			v = y.scale(v)
			y.lo, y.hi = min(y.lo, v), max(y.hi, v)
		}
	}
	if c.zero {
		y.lo = min(y.lo, 0)
	}
	if c.logY {
		y.lo = max(y.lo, y.hi-logDecades)
	}
	if c.wide || c.square {
		x.lo, x.hi = 0, 100
	}
	if c.square {
		y.lo, y.hi = 0, 100
	}
	if x.hi == x.lo {
		x.lo, x.hi = x.lo-0.5, x.hi+0.5
	}
	x.step = niceStep((x.hi - x.lo) / ticksWanted)
	y.round()
	return x, y
}

// scale is the value as the axis counts.
func (a axis) scale(v float64) float64 {
	if a.log {
		return math.Log10(v)
	}
	return v
}

// round moves the ends outwards to whole steps.
func (a *axis) round() {
	if a.hi == a.lo {
		a.lo, a.hi = a.lo-0.5, a.hi+0.5
	}
	a.step = niceStep((a.hi - a.lo) / ticksWanted)
	if a.log {
		a.step = max(1, math.Round(a.step))
	}
	a.lo, a.hi = math.Floor(a.lo/a.step+1e-9)*a.step, math.Ceil(a.hi/a.step-1e-9)*a.step
}

// place is where a value is drawn; values beyond the ends are drawn there.
func (a axis) place(v float64) float64 {
	v = min(max(a.scale(v), a.lo), a.hi)
	return a.from + (v-a.lo)/(a.hi-a.lo)*(a.to-a.from)
}

// ticks are the marks within the axis.
func (a axis) ticks(unit string) []tick {
	var out []tick
	for k := math.Ceil(a.lo/a.step - 1e-9); k*a.step <= a.hi+1e-9*a.step; k++ {
		v := k*a.step + 0 // + 0 turns -0 into 0
		if a.log {
			v = math.Pow(10, v)
		}
		at := a.from + (k*a.step-a.lo)/(a.hi-a.lo)*(a.to-a.from)
		out = append(out, tick{at, short(v) + unit})
	}
	return out
}

// niceStep is the number 1, 2 or 5 times a power of ten that is at least v.
func niceStep(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// short is a number of an axis: at most four digits, thousands and millions as k and M.
func short(v float64) string {
	switch size := math.Abs(v); {
	case size >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 4, 64) + "M"
	case size >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 4, 64) + "k"
	case size > 0 && size < 1e-4:
		return strconv.FormatFloat(v, 'e', 0, 64)
	case size < 1:
		return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) // 3 times 0.2 is 0.6
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
