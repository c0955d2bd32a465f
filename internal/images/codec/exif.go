package codec

import (
	"bytes"
	"encoding/binary"
)

// exifOrientation reads the orientation tag (0x0112) of the first directory of a TIFF structure, as
// EXIF blocks and TIFF files begin. It returns 1, upright, for anything absent, odd or out of range.
func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for n := int(order.Uint16(tiff[at:])); n > 0 && len(entries) >= 12; n-- {
		if order.Uint16(entries) == 0x0112 {
			return orientationValue(order, entries[:12])
		}
		entries = entries[12:]
	}
	return 1
}

// orientationValue reads a directory entry that holds one number of 1 to 8, as a SHORT, which is the rule, or a BYTE or
// LONG, which some programs write and Pillow takes.
func orientationValue(order binary.ByteOrder, entry []byte) int {
	const (
		byteType  = 1
		shortType = 3
		longType  = 4
	)
	if order.Uint32(entry[4:]) != 1 {
		return 1
	}
	v := uint32(0)
	switch order.Uint16(entry[2:]) {
	case byteType:
		v = uint32(entry[8])
	case shortType:
		v = uint32(order.Uint16(entry[8:]))
	case longType:
		v = order.Uint32(entry[8:])
	}
	if v >= 1 && v <= 8 {
		return int(v)
	}
	return 1
}

// jpegOrientation finds the EXIF block among a JPEG's segments before its first scan. Junk between
// segments is stepped over, as decoders do.
func jpegOrientation(data []byte) int {
	const sos, app1 = 0xda, 0xe1
	for at := 2; ; {
		skip := bytes.IndexByte(data[min(at, len(data)):], 0xff)
		if skip < 0 {
			return 1
		}
		at += skip
		for at < len(data) && data[at] == 0xff {
			at++
		}
		if at+3 > len(data) || data[at] == sos {
			return 1
		}
		marker := data[at]
		at++
		if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 {
			continue // no length follows
		}
		size := int(data[at])<<8 | int(data[at+1])
		if size < 2 {
			return 1
		}
		segment := data[at+2 : max(at+2, min(at+size, len(data)))]
		if exif, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && marker == app1 {
			return exifOrientation(exif)
		}
		at += size
	}
}
