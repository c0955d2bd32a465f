package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"csl/internal/images"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

// webpFile is what a WebP container holds of its first frame. The stream is handed to the codecs
// directly: the container's alpha plane is not wanted, and of an animation the frame is.
type webpFile struct {
	width, height int // of the canvas
	x, y          int // of the frame on the canvas
	stream        []byte
	lossless      bool
	exif          []byte
	animated      bool
}

var errWebP = errors.New("malformed container")

// parseWebP walks the chunks. A file cut short in its first stream is still parsed, so that a
// prefix is enough for the header; decoding will notice.
func parseWebP(data []byte) (f webpFile, err error) {
	err = f.chunks(data[min(12, len(data)):])
	if err != nil {
		return f, err
	}
	if f.stream == nil {
		return f, io.ErrUnexpectedEOF
	}
	w, h, err := f.streamSize()
	if err != nil {
		return f, err
	}
	if f.width == 0 {
		f.width, f.height = w, h
	}
	if !f.animated && (w != f.width || h != f.height) || f.x+w > f.width || f.y+h > f.height {
		return f, fmt.Errorf("frame of %dx%d at %d,%d does not fit the canvas of %dx%d", w, h, f.x, f.y, f.width, f.height)
	}
	return f, nil
}

// chunks collects what is wanted from a sequence of chunks: of the file, or of its first frame.
func (f *webpFile) chunks(data []byte) error {
	for len(data) >= 8 {
		kind, size := string(data[:4]), uint64(binary.LittleEndian.Uint32(data[4:]))
		data = data[8:]
		body := data[:min(size, uint64(len(data)))]
		data = data[min(size+size&1, uint64(len(data))):]
		switch kind {
		case "VP8X":
			if len(body) < 10 || f.width != 0 {
				return errWebP
			}
			f.animated = body[0]&2 != 0
			f.width, f.height = 1+uint24(body[4:]), 1+uint24(body[7:])
		case "ANMF":
			if f.stream != nil {
				continue
			}
			if len(body) < 16 || f.width == 0 {
				return errWebP
			}
			f.x, f.y = 2*uint24(body), 2*uint24(body[3:])
			if err := f.chunks(body[16:]); err != nil {
				return err
			}
		case "VP8 ", "VP8L":
			if f.stream == nil {
				f.stream, f.lossless = body, kind == "VP8L"
			}
		case "EXIF":
			f.exif = bytes.TrimPrefix(body, []byte("Exif\x00\x00"))
		}
	}
	return nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// streamSize reads the size of the frame from its stream.
func (f *webpFile) streamSize() (w, h int, err error) {
	if f.lossless {
		c, err := vp8l.DecodeConfig(bytes.NewReader(f.stream))
		return c.Width, c.Height, err
	}
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(f.stream), len(f.stream))
	head, err := d.DecodeFrameHeader()
	return head.Width, head.Height, err
}

// decodeWebP decodes the first frame of a WebP file whose header was found in order.
func decodeWebP(m *images.RGB, data []byte) error {
	f, err := parseWebP(data)
	if err != nil {
		return err
	}
	frame := new(images.RGB)
	if f.x == 0 && f.y == 0 && !f.animated {
		frame = m
	}
	if f.lossless {
		img, err := vp8l.Decode(bytes.NewReader(f.stream))
		if err := convert(frame, img, err); err != nil {
			return err
		}
	} else if err := decodeVP8(frame, f.stream); err != nil {
		return err
	}
	if frame == m {
		return nil
	}
	m.Reset(f.width, f.height)
	clear(m.Pix)
	for y := range frame.H {
		copy(m.Row(f.y + y)[3*f.x:], frame.Row(y))
	}
	return nil
}

// decodeVP8 decodes a lossy stream.
func decodeVP8(m *images.RGB, stream []byte) error {
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(stream), len(stream))
	if _, err := d.DecodeFrameHeader(); err != nil {
		return err
	}
	img, err := d.DecodeFrame()
	if err != nil {
		return err
	}
	convertVP8(m, img)
	return nil
}

// convertVP8 turns planes of limited range (16 to 235) into RGB as libwebp does, with its
// interpolation of chroma (upsampling.c, yuv.h); the standard library would take them for a JPEG's
// full range.
func convertVP8(m *images.RGB, img *image.YCbCr) {
	m.Reset(img.Rect.Dx(), img.Rect.Dy())
	half := (m.W + 1) / 2
	cb, cr := make([]uint8, 2*half), make([]uint8, 2*half)
	for y := range m.H {
		// Row y lies between two rows of chroma, nearer to y/2; beyond the edge the nearest counts
		// twice.
		near := y / 2
		far := min(max(near-1+2*(y&1), 0), (m.H-1)/2)
		vp8Chroma(cb, img.Cb[near*img.CStride:][:half], img.Cb[far*img.CStride:][:half])
		vp8Chroma(cr, img.Cr[near*img.CStride:][:half], img.Cr[far*img.CStride:][:half])
		vp8RGB(m.Row(y), img.Y[y*img.YStride:][:m.W], cb, cr)
	}
}

// vp8Chroma doubles a row of chroma: 9/16 of the nearest sample, 3/16 of each neighbour, 1/16 of
// the diagonal one, rounded as libwebp does in two steps.
func vp8Chroma(dst, near, far []uint8) {
	n := len(near)
	dst[0] = uint8((3*int(near[0]) + int(far[0]) + 2) >> 2)
	dst[2*n-1] = uint8((3*int(near[n-1]) + int(far[n-1]) + 2) >> 2)
	for x := 1; x < n; x++ {
		tl, t, l, c := int(near[x-1]), int(near[x]), int(far[x-1]), int(far[x])
		sum := tl + t + l + c + 8
		dst[2*x-1] = uint8(((sum+2*(t+l))>>3 + tl) >> 1)
		dst[2*x] = uint8(((sum+2*(tl+c))>>3 + t) >> 1)
	}
}

// vp8RGB converts a row with libwebp's 14 bit arithmetic.
func vp8RGB(dst, y, cb, cr []uint8) {
	for i, v := range y {
		l := int32(v) * 19077 >> 8
		b, r := int32(cb[i]), int32(cr[i])
		dst[3*i] = images.Clamp((l + r*26149>>8 - 14234) >> 6)
		dst[3*i+1] = images.Clamp((l - b*6419>>8 - r*13320>>8 + 8708) >> 6)
		dst[3*i+2] = images.Clamp((l + b*33050>>8 - 17685) >> 6)
	}
}
