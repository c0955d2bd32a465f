package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The tags that are read.
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagSamples         = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagPlanar          = 284
	tagT4Options       = 292
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagInkSet          = 332
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagJPEGTables      = 347
)

// directory finds the values of tags.
type directory struct {
	data    []byte
	order   binary.ByteOrder
	entries []byte // 12 bytes for each
}

// readDirectory finds the first directory of a file.
func readDirectory(data []byte) (d directory, err error) {
	if len(data) < 8 {
		return d, io.ErrUnexpectedEOF
	}
	d = directory{data: data, order: binary.LittleEndian}
	switch string(data[:4]) {
	case "II*\x00":
	case "MM\x00*":
		d.order = binary.BigEndian
	default:
		return d, errors.New("no TIFF signature")
	}
	at := int64(d.order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return d, fmt.Errorf("directory at %d: %w", at, io.ErrUnexpectedEOF)
	}
	n := 12 * int64(d.order.Uint16(data[at:]))
	if at+2+n > int64(len(data)) {
		return d, fmt.Errorf("directory at %d: %w", at, io.ErrUnexpectedEOF)
	}
	d.entries = data[at+2 : at+2+n]
	return d, nil
}

// bytes returns the values of a tag and the size of one; nil if the tag is absent.
func (d *directory) bytes(tag uint16) (values []byte, size int, err error) {
	for e := d.entries; len(e) >= 12; e = e[12:] {
		if d.order.Uint16(e) != tag {
			continue
		}
		kind := d.order.Uint16(e[2:])
		if kind >= uint16(len(sizes)) || sizes[kind] == 0 {
			return nil, 0, fmt.Errorf("tag %d: values of type %d", tag, kind)
		}
		size = sizes[kind]
		n := int64(d.order.Uint32(e[4:])) * int64(size)
		if n <= 4 {
			return e[8 : 8+n], size, nil
		}
		at := int64(d.order.Uint32(e[8:]))
		if at+n > int64(len(d.data)) {
			return nil, 0, fmt.Errorf("tag %d: %d bytes at %d: %w", tag, n, at, io.ErrUnexpectedEOF)
		}
		return d.data[at : at+n], size, nil
	}
	return nil, 0, nil
}

// sizes are the sizes of the types of whole numbers: BYTE, SHORT, LONG, and UNDEFINED, which holds bytes.
var sizes = [...]int{1: 1, 3: 2, 4: 4, 7: 1}

// number reads a value of size bytes.
func (d *directory) number(b []byte, size int) uint32 {
	switch size {
	case 1:
		return uint32(b[0])
	case 2:
		return uint32(d.order.Uint16(b))
	}
	return d.order.Uint32(b)
}

// list returns all values of a tag.
func (d *directory) list(tag uint16) ([]uint32, error) {
	b, size, err := d.bytes(tag)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	all := make([]uint32, len(b)/size)
	for i := range all {
		all[i] = d.number(b[i*size:], size)
	}
	return all, nil
}

// scalars reads single values, which keep what they are where the tag is absent.
func (d *directory) scalars(into map[uint16]*uint32) error {
	for tag, to := range into {
		b, size, err := d.bytes(tag)
		if err != nil {
			return err
		}
		if len(b) > 0 {
			*to = d.number(b, size)
		}
	}
	return nil
}
