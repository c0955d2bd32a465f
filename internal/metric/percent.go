package metric

import "strconv"

// Percent shows a rate in percent with two digits, or a dash where it is undefined.
func Percent(v *float64) string {
	if v == nil {
		return "-"
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}
