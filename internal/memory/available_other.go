//go:build !linux

package memory

// Available is not known here.
func Available() (Limit, bool) { return Limit{}, false }

// Imposed is not known here.
func Imposed() (Limit, bool) { return Limit{}, false }
