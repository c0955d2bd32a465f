package jpeg

import "errors"

// errCutShort is wrapped where data ends before the image does.
var errCutShort = errors.New("data is cut short")
