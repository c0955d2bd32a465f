package codec

import (
	"errors"
	"fmt"
	"image"

	"csl/internal/images"
)

// gifFrame is what is wanted of a GIF's first frame besides its indices. The standard decoder
// blanks the palette entry of the transparent index, whose colour Pillow's convert keeps.
type gifFrame struct {
	palette     []uint8 // 3 bytes per colour
	transparent int     // index, 0 where none is stated: what the canvas is filled with
	animated    bool    // another frame follows
}

var errGIFCut = errors.New("blocks cut short")

// parseGIF walks the blocks of a GIF up to the second frame.
func parseGIF(data []byte) (f gifFrame, err error) {
	const header, extension, frame, control = 13, 0x21, 0x2c, 0xf9
	if len(data) < header {
		return f, errGIFCut
	}
	global, rest := gifPalette(data[header:], data[10])
	seen := false
	for len(rest) > 0 {
		switch kind := rest[0]; {
		case kind == extension && len(rest) >= 8:
			if rest[1] == control && !seen && rest[3]&1 == 1 {
				f.transparent = int(rest[6])
			}
			rest = gifSkipBlocks(rest[2:])
		case kind == frame && seen:
			f.animated = true
			return f, nil
		case kind == frame && len(rest) >= 11:
			seen = true
			local, after := gifPalette(rest[10:], rest[9])
			f.palette = global
			if len(local) > 0 {
				f.palette = local
			}
			rest = gifSkipBlocks(after[min(1, len(after)):])
		default:
			rest = nil
		}
	}
	if !seen {
		return f, errGIFCut
	}
	return f, nil
}

// gifPalette splits off the colour table that packed, a byte of flags, announces.
func gifPalette(data []byte, packed byte) (table, rest []byte) {
	if packed&0x80 == 0 {
		return nil, data
	}
	n := min(3<<(packed&7+1), len(data))
	return data[:n], data[n:]
}

// gifSkipBlocks steps over a chain of data blocks and its end mark.
func gifSkipBlocks(data []byte) []byte {
	for len(data) > 0 && data[0] != 0 {
		data = data[min(int(data[0])+1, len(data)):]
	}
	return data[min(1, len(data)):]
}

// convertGIF paints a GIF's first frame on its canvas, which Pillow fills with the transparent
// index, or the first.
func convertGIF(m *images.RGB, data []byte, img image.Image, info *Info) error {
	frame, ok := img.(*image.Paletted)
	if !ok {
		return fmt.Errorf("%w: pixels of type %T", ErrUnsupported, img)
	}
	f, err := parseGIF(data)
	if err != nil {
		return err
	}
	info.Animated = f.animated
	if !frame.Rect.In(image.Rect(0, 0, info.Width, info.Height)) {
		return fmt.Errorf("frame %v outside the canvas of %dx%d", frame.Rect, info.Width, info.Height)
	}
	table := make([][3]uint8, 256)
	for i := range len(f.palette) / 3 {
		table[i] = [3]uint8(f.palette[3*i:])
	}
	m.Reset(info.Width, info.Height)
	if frame.Rect.Dx() != m.W || frame.Rect.Dy() != m.H {
		back := table[f.transparent]
		for i := 0; i < len(m.Pix); i += 3 {
			copy(m.Pix[i:], back[:])
		}
	}
	for y := range frame.Rect.Dy() {
		dst := m.Row(frame.Rect.Min.Y + y)[3*frame.Rect.Min.X:]
		lookUp(dst, frame.Pix[y*frame.Stride:][:frame.Rect.Dx()], table)
	}
	return nil
}
