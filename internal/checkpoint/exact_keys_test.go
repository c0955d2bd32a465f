package checkpoint

import "testing"

// Keys that differ in case are other keys: they must not overwrite an entry of the header.
func TestHeaderKeysAreExact(t *testing.T) {
	entries, _, err := parseHeader([]byte(`{"w":{"dtype":"F32","DType":"I64","shape":[2],"SHAPE":[9],"data_offsets":[0,8],"Data_Offsets":[0,72]}}`))
	if err != nil || len(entries) != 1 {
		t.Fatalf("%+v, %v", entries, err)
	}
	if e := entries[0]; e.DType != "F32" || e.Shape[0] != 2 || e.Offsets != [2]int64{0, 8} {
		t.Errorf("%+v", e)
	}
}
