package tiff

// converter returns the function that turns samples, as gather leaves them, into RGB.
func (h *Header) converter() (func(dst, src []byte), error) {
	n := h.samples
	switch h.photometric {
	case trueColor:
		if h.premultiply {
			return func(dst, src []byte) {
				for ; len(dst) >= 3; dst, src = dst[3:], src[n:] {
					divide(dst, src)
				}
			}, nil
		}
		return func(dst, src []byte) {
			for ; len(dst) >= 3; dst, src = dst[3:], src[n:] {
				dst[0], dst[1], dst[2] = src[0], src[1], src[2]
			}
		}, nil
	case separated:
		return func(dst, src []byte) {
			for ; len(dst) >= 3; dst, src = dst[3:], src[n:] {
				mix(dst, src)
			}
		}, nil
	}
	table, err := h.table()
	return func(dst, src []byte) {
		for x := range len(dst) / 3 {
			copy(dst[3*x:3*x+3], table[src[x*n]][:])
		}
	}, err
}

// table has the color of each value of a sample.
func (h *Header) table() (table [256][3]byte, err error) {
	if h.photometric == indexed {
		colors, err := h.dir.list(tagColorMap)
		n := 1 << h.bits
		for i := range len(colors) / 3 {
			table[i] = [3]byte{byte(colors[i] >> 8), byte(colors[n+i] >> 8), byte(colors[2*n+i] >> 8)}
		}
		return table, err
	}
	scale := 1
	if h.bits < 8 {
		scale = 255 / (1<<h.bits - 1)
	}
	for i := range table {
		v := byte(i * scale)
		if h.photometric == whiteIsZero {
			v = 255 - v
		}
		table[i] = [3]byte{v, v, v}
	}
	return table, nil
}

// divide undoes the multiplication of a pixel's colors by its alpha, as Pillow does.
func divide(dst, src []byte) {
	alpha := int(src[3])
	for c := range 3 {
		switch alpha {
		case 0:
			dst[c] = 0
		case 255:
			dst[c] = src[c]
		default:
			dst[c] = byte(min(255*int(src[c])/alpha, 255))
		}
	}
}

// mix mixes a pixel's inks on white as Pillow does: (255-k) - c*(255-k)/255.
func mix(dst, src []byte) {
	white := 255 - int(src[3])
	for c := range 3 {
		ink := int(src[c])*white + 128
		dst[c] = byte(max(white-(ink>>8+ink)>>8, 0))
	}
}
