package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// source reads a pickle's bytes and counts them.
type source struct {
	r    io.ByteReader
	pos  int64
	left int64
}

func (s *source) ReadByte() (byte, error) {
	if s.left <= 0 {
		return 0, fmt.Errorf("%w: it is longer than %d bytes", ErrLimit, s.pos)
	}
	b, err := s.r.ReadByte()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, err
	}
	s.pos++
	s.left--
	return b, nil
}

// bytes reads n bytes. Memory grows with what really comes, not with n.
func (s *source) bytes(n uint64) ([]byte, error) {
	if n > uint64(s.left) {
		return nil, fmt.Errorf("%w: a string of %d bytes", ErrLimit, n)
	}
	b := make([]byte, 0, min(n, 4096))
	for uint64(len(b)) < n {
		c, err := s.ReadByte()
		if err != nil {
			return nil, err
		}
		b = append(b, c)
	}
	return b, nil
}

// uint reads a little-endian number of size bytes (1, 2, 4 or 8).
func (s *source) uint(size uint64) (uint64, error) {
	b, err := s.bytes(size)
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:]), nil
}

// counted reads a length of size bytes and that many bytes.
func (s *source) counted(size uint64) ([]byte, error) {
	n, err := s.uint(size)
	if err != nil {
		return nil, err
	}
	return s.bytes(n)
}

// maxLine bounds the text arguments of protocol 0.
const maxLine = 1 << 20

// line reads up to a newline, which is dropped.
func (s *source) line() (string, error) {
	var b []byte
	for len(b) <= maxLine {
		c, err := s.ReadByte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(b), nil
		}
		b = append(b, c)
	}
	return "", fmt.Errorf("%w: a line of more than %d bytes", ErrLimit, maxLine)
}
