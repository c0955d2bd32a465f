package images

import (
	"errors"
	"fmt"
)

// Target takes an image's rows from top to bottom, as a decoder makes them.
type Target interface {
	// Row returns memory for row y: 3 samples (red, green, blue) for each pixel of the image's width.
	Row(y int) []byte
	// Done says that the memory that Row returned last is filled.
	Done(y int)
}

// ErrUnsupported is wrapped by the error for a file that is in order as far as was read, but of a kind that is not
// decoded; the error says which.
var ErrUnsupported = errors.New("unsupported image")

// Unsupported is an error that wraps [ErrUnsupported] and says what is not decoded.
func Unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
