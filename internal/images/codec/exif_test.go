package codec

import "testing"

func TestEXIFOrientationOfOddDirectoriesIsUpright(t *testing.T) {
	entry := func(kind, count, value string) string {
		return "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12" + kind + count + value + "\x00\x00"
	}
	for data, want := range map[string]int{
		entry("\x00\x03", "\x00\x00\x00\x01", "\x00\x06"):                   6,
		entry("\x00\x04", "\x00\x00\x00\x01", "\x00\x06"):                   1,
		entry("\x00\x04", "\x00\x00\x00\x01", "\x00\x00")[:20] + "\x00\x06": 6,
		entry("\x00\x01", "\x00\x00\x00\x01", "\x03\x00"):                   3,
		entry("\x00\x03", "\x00\x00\x00\x02", "\x00\x06"):                   1,
		entry("\x00\x03", "\x00\x00\x00\x01", "\x00\x09"):                   1,
		entry("\x00\x03", "\x00\x00\x00\x01", "\x00\x00"):                   1,
		entry("\x00\x03", "\x00\x00\x00\x01", "\x00\x06")[:20]:              1,
		"XX\x00*\x00\x00\x00\x08":                                           1,
		"MM\x00*\xff\xff\xff\xff":                                           1,
		"MM\x00*\x00\x00\x00\x08\xff\xff" + "\x01\x00\x00\x03" + "":         1,
	} {
		if got := exifOrientation([]byte(data)); got != want {
			t.Errorf("%q: %d, want %d", data, got, want)
		}
	}
}
