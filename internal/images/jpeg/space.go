package jpeg

import "bytes"

// spaceHint collects what tells the color space: the JFIF and Adobe markers.
type spaceHint struct {
	jfif, adobe bool
	transform   byte
}

// read takes note of marker m with parameters p.
func (s *spaceHint) read(m byte, p []byte) {
	switch {
	case m == mAPP0 && len(p) >= 14 && bytes.HasPrefix(p, []byte("JFIF\x00")):
		s.jfif = true
	case m == mAPP14 && len(p) >= 12 && bytes.HasPrefix(p, []byte("Adobe")):
		s.adobe, s.transform = true, p[11]
	}
}

// space is the color space as libjpeg guesses it (jdapimin.c, default_decompress_parms).
func (s *spaceHint) space(h *Header) ColorSpace {
	ids := [3]byte{h.comps[0].id, h.comps[1].id, h.comps[2].id}
	switch {
	case h.Components == 1:
		return Gray
	case h.Components == 4 && s.adobe && s.transform != 0:
		return YCCK
	case h.Components == 4:
		return CMYK
	case s.jfif:
		return YCbCr
	case s.adobe && s.transform == 0, !s.adobe && ids == [3]byte{'R', 'G', 'B'}:
		return RGB
	}
	return YCbCr
}
