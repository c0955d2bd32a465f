package model

// fromCheckpoint converts one tensor to the internal layout.
func fromCheckpoint(e Entry, dst, src []float32) {
	switch e.Kind {
	case ConvWeight:
		o, i, taps := e.Shape[0], e.Shape[1], e.Shape[2]*e.Shape[3]
		for a := range o {
			for b := range i {
				for t := range taps {
					dst[(t*i+b)*o+a] = src[(a*i+b)*taps+t]
				}
			}
		}
	case LinearWeight:
		transpose(dst, src, e.Shape[0], e.Shape[1])
	default:
		copy(dst, src)
	}
}

// toCheckpoint converts one tensor to the checkpoint's layout.
func toCheckpoint(e Entry, dst, src []float32) {
	switch e.Kind {
	case ConvWeight:
		o, i, taps := e.Shape[0], e.Shape[1], e.Shape[2]*e.Shape[3]
		for a := range o {
			for b := range i {
				for t := range taps {
					dst[(a*i+b)*taps+t] = src[(t*i+b)*o+a]
				}
			}
		}
	case LinearWeight:
		transpose(dst, src, e.Shape[1], e.Shape[0])
	default:
		copy(dst, src)
	}
}

// transpose writes the rows x cols matrix src as its transpose to dst.
func transpose(dst, src []float32, rows, cols int) {
	for r := range rows {
		for c := range cols {
			dst[c*rows+r] = src[r*cols+c]
		}
	}
}

// internalShape is the shape of a tensor as a graph input.
func internalShape(e Entry) []int {
	switch e.Kind {
	case ConvWeight:
		return []int{e.Shape[2], e.Shape[3], e.Shape[1], e.Shape[0]}
	case LinearWeight:
		return []int{e.Shape[1], e.Shape[0]}
	}
	return e.Shape
}
