package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteHeader begins an .npy file (version 1) of float32 in C order: rows of columns numbers follow, as
// [AppendFloats] encodes them.
func WriteHeader(w io.Writer, rows, columns int) error {
	const before = len(magic) + 4 // version and length
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, columns)
	text += strings.Repeat(" ", 63-(before+len(text))%64) + "\n"
	head := append([]byte(magic), 1, 0)
	head = binary.LittleEndian.AppendUint16(head, uint16(len(text)))
	_, err := w.Write(append(head, text...))
	return err
}

// AppendFloats appends values to dst as an .npy file of float32 holds them.
func AppendFloats(dst []byte, values []float32) []byte {
	for _, v := range values {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	}
	return dst
}
