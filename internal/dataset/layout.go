package dataset

import (
	"os"

	"csl/internal/labels"
)

// HasValidation tells whether a folder is laid out as COCO and has validation labels.
func HasValidation(root string) bool {
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return false
	}
	_, _, err := labels.FindCOCO(root, Val)
	return err == nil
}
