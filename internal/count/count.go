// Package count writes numbers of things as people say them, and counts the bytes that pass a writer. It knows
// nothing of what is counted.
package count

import (
	"fmt"
	"strings"
)

// Of is the number with its noun, which is given in the singular: "1 image", "2 images", "0
// classes".
func Of[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
