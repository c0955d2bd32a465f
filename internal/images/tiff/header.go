package tiff

import (
	"errors"
	"fmt"
	"math"

	"csl/internal/images"
)

// The compressions.
const (
	uncompressed = 1
	runLengths   = 2 // modified Huffman coding
	group3       = 3
	group4       = 4
	lzwCoded     = 5
	jpegCoded    = 7
	adobeDeflate = 8
	oldDeflate   = 32946
	packBits     = 32773
)

// otherCompressions are those that are not decoded.
var otherCompressions = map[uint32]string{
	6: "old-style JPEG", 9: "JBIG", 34676: "SGI LogLuv", 34712: "JPEG 2000",
	34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL",
}

// The photometric interpretations.
const (
	whiteIsZero = 0
	blackIsZero = 1
	trueColor   = 2
	indexed     = 3
	separated   = 5 // CMYK
	luma        = 6 // YCbCr
)

// Header is what the first directory says.
type Header struct {
	Width, Height int // pixels, as stored

	dir         directory
	bits        int // per sample
	samples     int // per pixel
	photometric uint32
	compression uint32
	planar      bool // plane by plane
	predictor   bool
	reversed    bool // the first pixel is in the lowest bit
	twoD        bool // Group 3: rows may refer to the one above
	premultiply bool // the first extra sample is alpha that colors were multiplied by

	tiled              bool
	cellW, cellH       int // of a tile or strip, pixels
	across, down       int // tiles or strips of a plane
	offsetTag, sizeTag uint16
}

// ReadHeader reads a file's first directory. A prefix of the file will do where it holds that. A kind of file that is
// not decoded is an error that wraps images.ErrUnsupported.
func ReadHeader(data []byte) (h Header, err error) {
	if h.dir, err = readDirectory(data); err != nil {
		return h, err
	}
	var width, height, format, ink, t4, tileW, tileH, bits uint32
	order, samples, planar, predictor, rows := uint32(1), uint32(1), uint32(1), uint32(1), uint32(math.MaxUint32)
	h.compression, h.photometric, format, ink, bits = uncompressed, math.MaxUint32, 1, 1, 1
	if err := h.dir.scalars(map[uint16]*uint32{
		tagWidth: &width, tagHeight: &height, tagBits: &bits, tagCompression: &h.compression, tagPhotometric: &h.photometric,
		tagFillOrder: &order, tagSamples: &samples, tagPlanar: &planar, tagPredictor: &predictor, tagT4Options: &t4,
		tagRowsPerStrip: &rows, tagTileWidth: &tileW, tagTileHeight: &tileH, tagInkSet: &ink, tagSampleFormat: &format,
	}); err != nil {
		return h, err
	}
	if width == 0 || height == 0 || width > math.MaxInt32 || height > math.MaxInt32 {
		return h, fmt.Errorf("size %dx%d", width, height)
	}
	h.Width, h.Height = int(width), int(height)
	h.bits, h.samples = int(min(bits, 1<<16)), int(min(samples, 1<<16))
	h.planar, h.reversed, h.predictor = planar == 2 && samples > 1, order == 2, predictor == 2
	h.twoD = t4&1 != 0
	switch {
	case format != 1 && format != 4:
		return h, unsupported("samples that are signed or floating-point numbers")
	case ink != 1 && h.photometric == separated:
		return h, unsupported("inks other than CMYK")
	case t4&2 != 0 && h.compression == group3:
		return h, unsupported("Group 3 coding with uncompressed parts")
	case predictor > 2:
		return h, unsupported("predictor %d", predictor)
	}
	if err := h.checkKind(); err != nil {
		return h, err
	}
	if err := h.checkSamples(); err != nil {
		return h, err
	}
	return h, h.layOut(tileW, tileH, rows)
}

// unsupported is an error for a kind of file that is not decoded.
func unsupported(format string, args ...any) error {
	return images.Unsupported("TIFF with %s", fmt.Sprintf(format, args...))
}

// checkKind refuses compressions and samples that are not decoded.
func (h *Header) checkKind() error {
	switch h.compression {
	case uncompressed, lzwCoded, adobeDeflate, oldDeflate, packBits, jpegCoded:
	case runLengths, group3, group4:
		if h.bits != 1 || h.samples != 1 {
			return fmt.Errorf("fax coding of %d samples of %d bits", h.samples, h.bits)
		}
	default:
		if name := otherCompressions[h.compression]; name != "" {
			return unsupported("%s compression", name)
		}
		return unsupported("compression %d", h.compression)
	}
	least := 1
	switch h.photometric {
	case whiteIsZero, blackIsZero, indexed:
	case trueColor:
		least = 3
	case separated:
		least = 4
	case luma:
		if least = 3; h.compression != jpegCoded {
			return unsupported("YCbCr colors that are not JPEG coded")
		}
	case math.MaxUint32:
		return errors.New("no photometric interpretation")
	default:
		return unsupported("photometric interpretation %d", h.photometric)
	}
	if h.samples < least || h.samples > 16 {
		return unsupported("%d samples per pixel, colors of kind %d", h.samples, h.photometric)
	}
	switch {
	case h.compression == jpegCoded:
		if h.bits != 8 || h.planar || h.samples != 1 && h.samples != 3 || h.photometric == indexed {
			return unsupported("JPEG coding of %d samples of %d bits, colors of kind %d", h.samples, h.bits, h.photometric)
		}
	case h.bits == 16 && h.photometric != indexed, h.bits == 8:
	case h.bits == 1 || h.bits == 2 || h.bits == 4:
		if least > 1 || h.samples > 1 && !h.planar {
			return unsupported("%d samples of %d bits", h.samples, h.bits)
		}
	default:
		return unsupported("%d bits per sample, colors of kind %d", h.bits, h.photometric)
	}
	if h.predictor && h.bits < 8 {
		return unsupported("a predictor for %d bits per sample", h.bits)
	}
	return nil
}

// checkSamples refuses samples of several sizes, and finds whether colors were multiplied by alpha.
func (h *Header) checkSamples() error {
	all, err := h.dir.list(tagBits)
	if err != nil {
		return err
	}
	for _, b := range all {
		if int(b) != h.bits {
			return unsupported("samples of %d and of %d bits", h.bits, b)
		}
	}
	extra, err := h.dir.list(tagExtraSamples)
	h.premultiply = len(extra) > 0 && extra[0] == 1 && h.photometric == trueColor && h.samples > 3
	if err == nil && h.photometric == indexed {
		var colors []byte
		if colors, _, err = h.dir.bytes(tagColorMap); err == nil && len(colors) != 6<<h.bits {
			err = fmt.Errorf("color map of %d bytes for %d bits", len(colors), h.bits)
		}
	}
	return err
}

// layOut computes how tiles or strips lie.
func (h *Header) layOut(tileW, tileH, rows uint32) error {
	h.offsetTag, h.sizeTag = tagStripOffsets, tagStripByteCounts
	h.cellW, h.cellH = h.Width, int(min(int64(rows), int64(h.Height)))
	if tileW > 0 || tileH > 0 {
		if tileW == 0 || tileH == 0 || tileW%16 != 0 || tileW > math.MaxInt32 || tileH > math.MaxInt32 {
			return fmt.Errorf("tiles of %dx%d", tileW, tileH)
		}
		h.tiled, h.offsetTag, h.sizeTag = true, tagTileOffsets, tagTileByteCounts
		h.cellW, h.cellH = int(tileW), int(tileH)
		if tileW/16 > uint32(h.Width) || tileH/16 > uint32(h.Height)+256 {
			return fmt.Errorf("tiles of %dx%d for %dx%d pixels", tileW, tileH, h.Width, h.Height)
		}
	}
	if h.cellH < 1 {
		return errors.New("strips without rows")
	}
	h.across, h.down = ceilDiv(h.Width, h.cellW), ceilDiv(h.Height, h.cellH)
	return nil
}

// planes is the number of planes that are stored one after the other.
func (h *Header) planes() int {
	if h.planar {
		return h.samples
	}
	return 1
}

// rowBytes is the length of a decompressed row of a tile or strip.
func (h *Header) rowBytes() int64 {
	n := h.samples
	if h.planar {
		n = 1
	}
	if h.compression == jpegCoded {
		n = 3
	}
	return (int64(h.cellW)*int64(n)*int64(h.bits) + 7) / 8
}

// Memory is how many bytes decoding takes beside the target: a row, a decompressor for each tile across and plane, and
// of JPEG coding the tiles themselves.
func (h *Header) Memory() int64 {
	const decompressor = 64 << 10
	cells := int64(h.across) * int64(h.planes())
	n := cells*(h.rowBytes()+decompressor) + int64(h.Width)*int64(h.samples)
	if h.compression == jpegCoded {
		n += cells * int64(h.cellH) * h.rowBytes()
	}
	return n
}

// Least is the smallest file, in bytes, that can hold the pixels.
func (h *Header) Least() int64 {
	n := int64(h.Width) * int64(h.Height) * int64(h.samples) * int64(h.bits) / 8
	switch h.compression {
	case uncompressed:
		return n
	case adobeDeflate, oldDeflate, lzwCoded:
		return n / 2800 // LZW: 12 bits for at most 4096 bytes
	case packBits:
		return n / 64
	}
	return 0
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
