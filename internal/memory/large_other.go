//go:build !linux

package memory

// LargePages does nothing where programs cannot ask for large pages piece by piece.
func LargePages[T float32 | float64]([]T) {}
