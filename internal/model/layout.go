package model

// fromCheckpoint converts one tensor to the internal layout.
func fromCheckpoint(e Entry, dst, src []float32) {
	if !e.isMatrix() {
		copy(dst, src)
		return
	}
	e.eachTile(func(row, col, rows, cols int) {
		for k := col; k < col+cols; k++ {
			to := dst[e.place(k)*e.Shape[0]:]
			from, stride := src[k:], e.columns()
			for r := row; r < row+rows; r++ {
				to[r] = from[r*stride]
			}
		}
	})
}

// toCheckpoint converts one tensor to the checkpoint's layout.
func toCheckpoint(e Entry, dst, src []float32) {
	if !e.isMatrix() {
		copy(dst, src)
		return
	}
	e.eachTile(func(row, col, rows, cols int) {
		for k := col; k < col+cols; k++ {
			from := src[e.place(k)*e.Shape[0]:]
			to, stride := dst[k:], e.columns()
			for r := row; r < row+rows; r++ {
				to[r*stride] = from[r]
			}
		}
	})
}

// isMatrix tells weights, which the two layouts have in different order, from the rest.
func (e Entry) isMatrix() bool { return e.Kind == ConvWeight || e.Kind == LinearWeight }

// columns is the length of a row of the checkpoint's matrix [outputs, inputs*K*K].
func (e Entry) columns() int { return e.Size() / e.Shape[0] }

// place is the row of the internal matrix [K*K*inputs, outputs] that a column of the checkpoint's
// becomes.
func (e Entry) place(column int) int {
	if e.Kind == LinearWeight {
		return column
	}
	inputs, taps := e.Shape[1], e.Shape[2]*e.Shape[3]
	return column%taps*inputs + column/taps
}

// eachTile visits the checkpoint's matrix in tiles small enough for the first level cache, so that
// neither layout is walked in long strides.
func (e Entry) eachTile(visit func(row, col, rows, cols int)) {
	const side = 32
	rows, cols := e.Shape[0], e.columns()
	for row := 0; row < rows; row += side {
		for col := 0; col < cols; col += side {
			visit(row, col, min(side, rows-row), min(side, cols-col))
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
