//go:build !linux

package graph

// largePages does nothing where programs cannot ask for them piece by piece.
func largePages[T float32 | float64]([]T) {}
