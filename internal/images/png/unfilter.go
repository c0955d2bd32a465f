package png

import "fmt"

// unfilter undoes filter kind of a row; up is the row above and step the distance of the pixel to the left, in bytes.
func unfilter(kind byte, row, up []byte, step int) error {
	up = up[:len(row)]
	switch kind {
	case 0:
	case 1:
		for i := step; i < len(row); i++ {
			row[i] += row[i-step]
		}
	case 2:
		for i, u := range up {
			row[i] += u
		}
	case 3:
		for i := range min(step, len(row)) {
			row[i] += up[i] / 2
		}
		for i := step; i < len(row); i++ {
			row[i] += uint8((int(row[i-step]) + int(up[i])) / 2)
		}
	case 4:
		paeth(row, up, step)
	default:
		return fmt.Errorf("unknown filter %d", kind)
	}
	return nil
}

// paeth undoes the filter that predicts from left, above and above left, whichever is nearest to their plane.
func paeth(row, up []byte, step int) {
	for s := range step {
		a, c := 0, 0
		for i := s; i < len(row); i += step {
			b := int(up[i])
			pa, pb := b-c, a-c
			pc := max(pa+pb, -pa-pb)
			pa, pb = max(pa, -pa), max(pb, -pb)
			if pa > pb || pa > pc {
				if a = b; pb > pc {
					a = c
				}
			}
			a = int(uint8(a + int(row[i])))
			row[i], c = uint8(a), b
		}
	}
}
