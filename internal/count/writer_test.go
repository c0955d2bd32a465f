package count

import (
	"bytes"
	"testing"
)

func TestWriterCountsWhatPasses(t *testing.T) {
	var b bytes.Buffer
	w := Writer{W: &b}
	for _, text := range []string{"ab", "", "cde"} {
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if w.N != 5 || b.String() != "abcde" {
		t.Errorf("%d bytes: %q", w.N, &b)
	}
}
