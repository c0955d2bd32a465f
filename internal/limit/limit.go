// Package limit is how packages say between which numbers a setting lies, so that the package that works with
// the number defines its limits and the settings show and check the same ones. The limits themselves do not
// belong here.
package limit

import (
	"fmt"
	"math"
)

// Range is the finite numbers between Low and High.
type Range struct {
	Low      float64 // the smallest, or the bound above which numbers lie
	High     float64 // the largest, or the bound below which they lie; infinite for none
	OpenLow  bool    // Low itself is outside
	OpenHigh bool    // High itself is outside
}

// AtLeast0 is any finite number from 0 on.
func AtLeast0() Range { return Range{High: math.Inf(1)} }

// Above0 is any finite number above 0.
func Above0() Range { return Range{High: math.Inf(1), OpenLow: true} }

// Below1 is the numbers from 0 up to, but not including, 1.
func Below1() Range { return Range{High: 1, OpenHigh: true} }

// UpTo is the numbers from 0 to high.
func UpTo(high float64) Range { return Range{High: high} }

// Has reports whether x is in the range; NaN and infinite numbers never are.
func (r Range) Has(x float64) bool {
	above := x > r.Low || x == r.Low && !r.OpenLow
	below := x < r.High || x == r.High && !r.OpenHigh
	return above && below && !math.IsInf(x, 0)
}

// String completes "must be ...": "a number of at least 0 and below 1".
func (r Range) String() string {
	low := fmt.Sprintf("of at least %v", r.Low)
	if r.OpenLow {
		low = fmt.Sprintf("above %v", r.Low)
	}
	switch {
	case math.IsInf(r.High, 1):
		return "a number " + low
	case r.OpenHigh:
		return fmt.Sprintf("a number %s and below %v", low, r.High)
	}
	return fmt.Sprintf("a number %s and at most %v", low, r.High)
}
