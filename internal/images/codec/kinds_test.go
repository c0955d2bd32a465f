package codec

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"csl/internal/images"
	"csl/internal/images/imagestest"
)

// TestDecodeEqualsPillowOnEveryKind goes over the files of testdata/kinds, which make_kinds.py there wrote with Pillow's
// pixels.
func TestDecodeEqualsPillowOnEveryKind(t *testing.T) {
	text, err := os.ReadFile("../testdata/kinds.json")
	imagestest.Must(t, err)
	var kinds map[string]struct {
		W, H int
		RGB  string
	}
	imagestest.Must(t, json.Unmarshal(text, &kinds))
	if len(kinds) < 148 {
		t.Fatalf("%d kinds", len(kinds))
	}
	for name, k := range kinds {
		pix, err := hex.DecodeString(k.RGB)
		imagestest.Must(t, err)
		got := readFixture(t, filepath.Join("../testdata/kinds", name), Options{})
		if d := imagestest.Compare(t, got, &images.RGB{W: k.W, H: k.H, Pix: pix}); d.Max != 0 {
			t.Errorf("%s: differs from Pillow by up to %d", name, d.Max)
		}
	}
}
