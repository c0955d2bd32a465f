// Package tensorboardtest reads TensorBoard's event files, for tests. It is written from the published format alone
// (record_writer.h, crc32c.h, event.proto and summary.proto of TensorFlow, and the encoding of protocol buffers) and
// shares nothing with the writer, its checksum included.
package tensorboardtest

import (
	"errors"
	"fmt"
	"math"
)

// Event is one record.
type Event struct {
	WallTime float64 // seconds since 1970
	Step     int64   // of training
	Version  string  // of the file, in its first record
	Values   []Value // of the summary
}

// Value is one scalar.
type Value struct {
	Tag    string  // name of the curve
	Simple float32 // its value
}

// Read reads a whole file. A record that is cut short, a wrong checksum and a field of another type are errors.
func Read(b []byte) ([]Event, error) {
	var events []Event
	for at := 0; at < len(b); {
		rest := b[at:]
		if len(rest) < 12 {
			return nil, fmt.Errorf("record at byte %d: cut short", at)
		}
		n := little(rest[:8])
		if sum := uint32(little(rest[8:12])); sum != mask(castagnoli(rest[:8])) {
			return nil, fmt.Errorf("record at byte %d: checksum of the length", at)
		}
		if n > uint64(len(rest)) || uint64(len(rest)) < n+16 {
			return nil, fmt.Errorf("record at byte %d: cut short", at)
		}
		data := rest[12 : 12+n]
		if sum := uint32(little(rest[12+n : 16+n])); sum != mask(castagnoli(data)) {
			return nil, fmt.Errorf("record at byte %d: checksum of the data", at)
		}
		e, err := event(data)
		if err != nil {
			return nil, fmt.Errorf("record at byte %d: %w", at, err)
		}
		events = append(events, e)
		at += 16 + int(n)
	}
	return events, nil
}

// castagnoli is CRC-32C bit by bit: the reflected polynomial 0x1EDC6F41 (RFC 3720, appendix B.4).
func castagnoli(b []byte) uint32 {
	sum := ^uint32(0)
	for _, v := range b {
		sum ^= uint32(v)
		for range 8 {
			low := sum & 1
			sum >>= 1
			if low == 1 {
				sum ^= 0x82f63b78
			}
		}
	}
	return ^sum
}

// mask rotates right by 15 bits and adds a constant.
func mask(sum uint32) uint32 {
	return ((sum >> 15) | (sum << 17)) + 0xa282ead8
}

func little(b []byte) uint64 {
	v := uint64(0)
	for i, x := range b {
		v += uint64(x) << (8 * i)
	}
	return v
}

// field is one field of a message: a number for types 0, 1 and 5, bytes for type 2.
type field struct {
	number, wire uint64
	value        uint64
	bytes        []byte
}

var errCut = errors.New("message cut short")

// fields splits a message.
func fields(b []byte) ([]field, error) {
	var all []field
	for len(b) > 0 {
		key, rest, err := varint(b)
		if err != nil {
			return nil, err
		}
		f := field{number: key >> 3, wire: key & 7}
		size := map[uint64]uint64{1: 8, 5: 4}[f.wire]
		switch f.wire {
		case 0:
			f.value, rest, err = varint(rest)
		case 2:
			size, rest, err = varint(rest)
		case 1, 5:
		default:
			return nil, fmt.Errorf("field %d has type %d", f.number, f.wire)
		}
		if err != nil {
			return nil, err
		}
		if size > uint64(len(rest)) {
			return nil, errCut
		}
		if f.bytes = rest[:size]; f.wire == 1 || f.wire == 5 {
			f.value = little(f.bytes)
		}
		all, b = append(all, f), rest[size:]
	}
	return all, nil
}

func varint(b []byte) (v uint64, rest []byte, err error) {
	for i, x := range b {
		if i == 10 {
			break
		}
		v |= uint64(x&0x7f) << (7 * i)
		if x < 0x80 {
			return v, b[i+1:], nil
		}
	}
	return 0, nil, errCut
}

func event(b []byte) (e Event, err error) {
	all, err := fields(b)
	if err != nil {
		return e, err
	}
	for _, f := range all {
		switch [2]uint64{f.number, f.wire} {
		case [2]uint64{1, 1}:
			e.WallTime = math.Float64frombits(f.value)
		case [2]uint64{2, 0}:
			e.Step = int64(f.value)
		case [2]uint64{3, 2}:
			e.Version = string(f.bytes)
		case [2]uint64{5, 2}:
			if e.Values, err = summary(f.bytes); err != nil {
				return e, err
			}
		default:
			return e, fmt.Errorf("event has field %d of type %d", f.number, f.wire)
		}
	}
	return e, nil
}

func summary(b []byte) ([]Value, error) {
	all, err := fields(b)
	if err != nil {
		return nil, err
	}
	var values []Value
	for _, f := range all {
		if f.number != 1 || f.wire != 2 {
			return nil, fmt.Errorf("summary has field %d of type %d", f.number, f.wire)
		}
		parts, err := fields(f.bytes)
		if err != nil {
			return nil, err
		}
		var v Value
		for _, p := range parts {
			switch [2]uint64{p.number, p.wire} {
			case [2]uint64{1, 2}:
				v.Tag = string(p.bytes)
			case [2]uint64{2, 5}:
				v.Simple = math.Float32frombits(uint32(p.value))
			default:
				return nil, fmt.Errorf("value has field %d of type %d", p.number, p.wire)
			}
		}
		values = append(values, v)
	}
	return values, nil
}
