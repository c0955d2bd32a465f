package transform

import (
	"fmt"
	"math"
)

// Filter is an interpolation for resizing.
type Filter int

// The two filters the reference uses: bilinear in training and validation, bicubic in its infer
// script. Both widen with the reduction, so that shrinking averages (Pillow's antialiasing).
const (
	Bilinear Filter = iota
	Bicubic         // a = -0.5, Catmull-Rom
)

// FilterNames are the names that ParseFilter reads.
func FilterNames() []string { return []string{Bilinear.String(), Bicubic.String()} }

// ParseFilter reads a filter's name, "bilinear" or "bicubic".
func ParseFilter(name string) (Filter, error) {
	for _, f := range []Filter{Bilinear, Bicubic} {
		if name == f.String() {
			return f, nil
		}
	}
	return 0, fmt.Errorf("interpolation %q: want bilinear or bicubic", name)
}

// String is the name that ParseFilter reads.
func (f Filter) String() string {
	if f == Bicubic {
		return "bicubic"
	}
	return "bilinear"
}

// support is the filter's half width in pixels of the smaller grid.
func (f Filter) support() float64 {
	if f == Bicubic {
		return 2
	}
	return 1
}

// weight is the filter's value at distance x.
func (f Filter) weight(x float64) float64 {
	x = math.Abs(x)
	const a = -0.5
	switch {
	case f == Bilinear:
		return max(1-x, 0)
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}
