package textio

import (
	"bytes"
	"errors"

	"csl/internal/lfs"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
)

// utf16BOM decodes UTF-16 of the byte order that its mark tells, little without one.
func utf16BOM() *encoding.Decoder {
	return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
}

// isUTF16 tells whether a text begins with the byte order mark of UTF-16.
func isUTF16(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff"))
}

// foreign recognizes by its first bytes what is not text.
func foreign(head []byte) error {
	switch {
	case lfs.IsPointer(head):
		return lfs.ErrPointer
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errors.New("this is a zip archive: unpack it first")
	case bytes.IndexByte(head, 0) >= 0:
		return errors.New("this is a binary file, not text (or UTF-16: --encoding utf-16le or utf-16be)")
	}
	return nil
}
