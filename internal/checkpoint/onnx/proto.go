package onnx

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"csl/internal/count"
)

// message is a protobuf message under construction: pieces of encoded bytes,
// and between them tensor data that is only made when it is written. The
// length of a message stands before it, so it is added up along the way.
type message struct {
	pieces []piece
	size   int64
}

// piece is encoded bytes, or data of a known length.
type piece struct {
	bytes []byte
	data  func(io.Writer) error
}

// Wire types of protobuf.
const (
	wireVarint = 0
	wireBytes  = 2
	wireFixed4 = 5
)

func (m *message) raw(b []byte) {
	m.pieces = append(m.pieces, piece{bytes: b})
	m.size += int64(len(b))
}

func (m *message) key(field, wire int) []byte {
	return binary.AppendUvarint(nil, uint64(field)<<3|uint64(wire))
}

// int adds a varint field (int32, int64 or enum).
func (m *message) int(field int, v int64) {
	m.raw(binary.AppendUvarint(m.key(field, wireVarint), uint64(v)))
}

// float adds a float field.
func (m *message) float(field int, v float32) {
	m.raw(binary.LittleEndian.AppendUint32(m.key(field, wireFixed4), math.Float32bits(v)))
}

// text adds a string field.
func (m *message) text(field int, s string) {
	m.raw(append(binary.AppendUvarint(m.key(field, wireBytes), uint64(len(s))), s...))
}

// data adds a bytes field of n bytes that write will make.
func (m *message) data(field int, n int64, write func(io.Writer) error) {
	m.raw(binary.AppendUvarint(m.key(field, wireBytes), uint64(n)))
	m.pieces = append(m.pieces, piece{data: write})
	m.size += n
}

// sub adds a message field.
func (m *message) sub(field int, s *message) {
	m.raw(binary.AppendUvarint(m.key(field, wireBytes), uint64(s.size)))
	m.pieces = append(m.pieces, s.pieces...)
	m.size += s.size
}

// writeTo writes the message and checks that data had the promised length.
func (m *message) writeTo(w io.Writer) error {
	c := &count.Writer{W: w}
	for _, p := range m.pieces {
		if p.data != nil {
			if err := p.data(c); err != nil {
				return err
			}
			continue
		}
		if _, err := c.Write(p.bytes); err != nil {
			return err
		}
	}
	if c.N != m.size {
		return fmt.Errorf("%d bytes were written instead of %d", c.N, m.size)
	}
	return nil
}
