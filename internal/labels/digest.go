package labels

import (
	"bufio"
	"encoding/binary"
	"io"
)

// WriteNames writes the names of the images, in order, as bytes that no other list of names gives.
func (s *Set) WriteNames(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	var length [4]byte
	for i := range s.Len() {
		name := s.names.bytes(i)
		binary.LittleEndian.PutUint32(length[:], uint32(len(name)))
		_, _ = b.Write(length[:]) // Flush has the error
		_, _ = b.Write(name)
	}
	return b.Flush()
}

// WriteStates writes the state of every cell as bytes that no other states give. It takes time and bytes by what is
// stored, not by the number of cells.
func (s *Set) WriteStates(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	for _, d := range s.defaults {
		_ = b.WriteByte(byte(d)) // Flush has the error
	}
	var raw [4]byte
	for i := range s.Len() {
		row := s.row(i)
		binary.LittleEndian.PutUint32(raw[:], uint32(len(row)))
		_, _ = b.Write(raw[:])
		for _, c := range row {
			binary.LittleEndian.PutUint32(raw[:], uint32(c))
			_, _ = b.Write(raw[:])
		}
	}
	return b.Flush()
}
