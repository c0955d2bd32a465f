package png

// expander returns the function that turns an unfiltered row into RGB; dst has 3 bytes per pixel.
func (h *Header) expander() func(dst, src []byte) {
	size := int(h.depth) / 8 // bytes of a sample
	switch {
	case h.kind == palette || h.depth < 8:
		return h.lookUp()
	case h.kind == grey || h.kind == greyAlpha:
		step := size * h.channels()
		return func(dst, src []byte) {
			for i := 0; i < len(dst); i += 3 {
				v := src[i/3*step]
				dst[i], dst[i+1], dst[i+2] = v, v, v
			}
		}
	case h.kind == rgb && size == 1:
		return func(dst, src []byte) { copy(dst, src) }
	}
	step := size * h.channels()
	return func(dst, src []byte) {
		for len(dst) >= 3 {
			dst[0], dst[1], dst[2] = src[0], src[size], src[2*size]
			dst, src = dst[3:], src[step:]
		}
	}
}

// lookUp returns the function for palettes and for grey of few bits. Indices beyond the palette are grey, as in Pillow.
func (h *Header) lookUp() func(dst, src []byte) {
	var table [256][3]byte
	depth := uint(h.depth)
	scale := 255 / (1<<depth - 1)
	for i := range table {
		v := uint8(i)
		if h.kind == grey {
			v *= uint8(scale)
		}
		table[i] = [3]byte{v, v, v}
	}
	for i := range len(h.colors) / 3 {
		table[i] = [3]byte(h.colors[3*i:])
	}
	mask := byte(1<<depth - 1)
	return func(dst, src []byte) {
		for x := range len(dst) / 3 {
			bit := uint(x) * depth
			v := src[bit/8] >> (8 - depth - bit%8) & mask
			copy(dst[3*x:3*x+3], table[v][:])
		}
	}
}
