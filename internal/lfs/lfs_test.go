package lfs

import "testing"

func TestPointersAreRecognized(t *testing.T) {
	for text, want := range map[string]bool{
		"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 8\n": true,
		"version https://git-lfs":                        true,
		"version https://git-lf":                         false, // cut short: nobody can tell
		"Version https://git-lfs.github.com/spec/v1\n":   false,
		"\nversion https://git-lfs.github.com/spec/v1\n": false,
		"": false,
	} {
		if got := IsPointer([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
