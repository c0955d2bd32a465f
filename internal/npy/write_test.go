package npy

import (
	"bytes"
	"slices"
	"testing"
)

func TestWrittenMatricesReadBack(t *testing.T) {
	for _, rows := range []int{0, 2, 100000} {
		var b bytes.Buffer
		if err := WriteHeader(&b, rows, 3); err != nil {
			t.Fatal(err)
		}
		if b.Len()%64 != 0 {
			t.Errorf("%d rows: the elements begin at byte %d, want a multiple of 64", rows, b.Len())
		}
		want := make([]float32, 3*rows)
		for i := range want {
			want[i] = float32(i) / 7
		}
		b.Write(AppendFloats(nil, want))
		a, err := Read(&b)
		if err != nil || !slices.Equal(a.Shape, []int{rows, 3}) || !slices.Equal(a.F32, want) {
			t.Errorf("%d rows: shape %v, %v", rows, a.Shape, err)
		}
	}
}
