// Package tensorboard encodes scalars as records of TensorBoard's event files. A file is the record that Version
// gives, then those of Scalars, one behind the other. Writing the file is left to the caller.
//
// A record is the length of its data (uint64, little endian), the masked CRC-32C of these 8 bytes (uint32), the data,
// and the masked CRC-32C of the data (tensorflow/core/lib/io/record_writer.h). The data is a protocol buffer of type
// Event (tensorflow/core/util/event.proto) whose summary (tensorflow/core/framework/summary.proto) holds the scalars.
package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"
)

// Scalar is one value of a curve.
type Scalar struct {
	Tag   string  // name of the curve; TensorBoard groups curves by what stands before the first slash
	Value float32 // finite
}

// version is what the first event of a file says.
const version = "brain.Event:2"

// Version is the record that a file begins with.
func Version(at time.Time) []byte {
	return record(appendText(appendTime(nil, at), eventFileVersion, version))
}

// Scalars is a record with the values of a step, which is not negative.
func Scalars(at time.Time, step int64, values []Scalar) []byte {
	var summary []byte
	for _, v := range values {
		value := appendText(nil, valueTag, v.Tag)
		value = appendTag(value, valueSimple, wire32)
		value = binary.LittleEndian.AppendUint32(value, math.Float32bits(v.Value))
		summary = appendText(summary, summaryValue, string(value))
	}
	event := appendTime(nil, at)
	if step != 0 { // 0 is the default, which is not encoded
		event = binary.AppendUvarint(appendTag(event, eventStep, wireVarint), uint64(step))
	}
	return record(appendText(event, eventSummary, string(summary)))
}

// Numbers of fields.
const (
	eventWallTime    = 1 // double, seconds since 1970
	eventStep        = 2 // int64
	eventFileVersion = 3 // string
	eventSummary     = 5 // Summary
	summaryValue     = 1 // repeated Summary.Value
	valueTag         = 1 // string
	valueSimple      = 2 // float
)

// Types of fields on the wire.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

func appendTag(b []byte, field, wire uint64) []byte { return binary.AppendUvarint(b, field<<3|wire) }

// appendText adds a string or a message.
func appendText(b []byte, field uint64, text string) []byte {
	b = binary.AppendUvarint(appendTag(b, field, wireBytes), uint64(len(text)))
	return append(b, text...)
}

func appendTime(b []byte, at time.Time) []byte {
	seconds := float64(at.UnixNano()) / 1e9
	return binary.LittleEndian.AppendUint64(appendTag(b, eventWallTime, wire64), math.Float64bits(seconds))
}

// record frames data.
func record(data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, len(data)+16), uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	return binary.LittleEndian.AppendUint32(append(b, data...), masked(data))
}

// masked is the CRC-32C of b, rotated and shifted so that a sum of data that holds sums is no weaker
// (tensorflow/core/lib/hash/crc32c.h).
func masked(b []byte) uint32 {
	sum := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	return (sum>>15 | sum<<17) + 0xa282ead8
}
