package tensorboard

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"csl/internal/tensorboard/tensorboardtest"
)

// sample is a file of another writer, byte for byte: the version, v/1 = 1.5 at step 1 and v/22 = 16 at step 2, each at
// 256.5 seconds. Source: github.com/TeamHG-Memex/tensorboard_logger, tests/test_tensorboard_logger.py, test_serialization;
// its writer encodes with Google's protobuf library and the published .proto files.
var sample = []string{
	"1800000000000000 a37f4b22 09 0000000000087040 1a 0d 627261696e2e4576656e743a32 bc98212b",
	"1900000000000000 8bf10828 09 0000000000087040 10 01 2a 0c 0a 0a 0a 03 762f31 15 0000c03f 2cecc087",
	"1a00000000000000 129bd82d 09 0000000000087040 10 02 2a 0d 0a 0b 0a 04 762f3232 15 00008041 8fa3b688",
}

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAFileIsThatOfAnotherWriterByteForByte(t *testing.T) {
	at := time.Unix(256, 500_000_000)
	got := [][]byte{
		Version(at),
		Scalars(at, 1, []Scalar{{"v/1", 1.5}}),
		Scalars(at, 2, []Scalar{{"v/22", 16}}),
	}
	for i, text := range sample {
		if want := fromHex(t, text); !bytes.Equal(got[i], want) {
			t.Errorf("record %d\n got %x\nwant %x", i, got[i], want)
		}
	}
}

// TestTheReaderReadsAnotherWritersFile holds the tests' reader to files that csl has not written: the one above, and
// the record in the documentation of TensorBoard's own reader (tensorboard/data/server/tf_record.rs).
func TestTheReaderReadsAnotherWritersFile(t *testing.T) {
	events, err := tensorboardtest.Read(fromHex(t, strings.Join(sample, "")))
	want := []tensorboardtest.Event{
		{WallTime: 256.5, Version: "brain.Event:2"},
		{WallTime: 256.5, Step: 1, Values: []tensorboardtest.Value{{Tag: "v/1", Simple: 1.5}}},
		{WallTime: 256.5, Step: 2, Values: []tensorboardtest.Value{{Tag: "v/22", Simple: 16}}},
	}
	if err != nil || !reflect.DeepEqual(events, want) {
		t.Errorf("read %+v, %v", events, err)
	}
	own := "1800000000000000 a37f4b22 09 00008038 99d6d741 1a 0d 627261696e2e4576656e743a32 124b36ab"
	events, err = tensorboardtest.Read(fromHex(t, own))
	if err != nil || len(events) != 1 || events[0].Version != "brain.Event:2" {
		t.Errorf("read %+v, %v", events, err)
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	b := Scalars(time.Unix(1, 0), 3, []Scalar{{"loss/total", 0.25}, {"mAP_C/ema", 71.5}})
	if _, err := tensorboardtest.Read(b); err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(b) {
		broken := bytes.Clone(b)
		broken[i/8] ^= 1 << (i % 8)
		if _, err := tensorboardtest.Read(broken); err == nil {
			t.Errorf("bit %d of byte %d may differ", i%8, i/8)
		}
	}
	for n := 1; n < len(b); n++ {
		if _, err := tensorboardtest.Read(b[:n]); err == nil {
			t.Errorf("%d of %d bytes are read as whole", n, len(b))
		}
	}
}

func TestScalarsComeBack(t *testing.T) {
	now := time.Unix(1_900_000_000, 123_456_789)
	long := strings.Repeat("ä", 200) // a length of two bytes
	for _, step := range []int64{0, 1, 127, 128, 300, math.MaxInt64} {
		events, err := tensorboardtest.Read(Scalars(now, step, []Scalar{{"a/b", -1e-30}, {long, math.MaxFloat32}, {"zero", 0}}))
		want := []tensorboardtest.Event{{
			WallTime: 1_900_000_000.123456789, Step: step,
			Values: []tensorboardtest.Value{{Tag: "a/b", Simple: -1e-30}, {Tag: long, Simple: math.MaxFloat32}, {Tag: "zero"}},
		}}
		if err != nil || !reflect.DeepEqual(events, want) {
			t.Errorf("step %d: read %+v, %v", step, events, err)
		}
	}
}
