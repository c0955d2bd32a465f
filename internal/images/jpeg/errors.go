package jpeg

import (
	"errors"
	"fmt"
)

// ErrUnsupported is wrapped by the error for a file that is in order but of a kind this package does not decode:
// 12-bit samples, arithmetic coding, lossless and hierarchical files.
var ErrUnsupported = errors.New("unsupported JPEG")

// errCutShort is wrapped where data ends before the image does.
var errCutShort = errors.New("data is cut short")

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
