package plan

import (
	"math"

	"csl/internal/kernel"
)

// Gain is |gamma|+ABNEps.
func Gain[T kernel.Float](gamma T) float64 { return math.Abs(float64(gamma)) + kernel.ABNEps }

// Spread is sqrt(variance+ABNEps).
func Spread[T kernel.Float](variance T) float64 { return math.Sqrt(float64(variance) + kernel.ABNEps) }
