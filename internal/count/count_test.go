package count

import "testing"

func TestNounsFollowTheirNumber(t *testing.T) {
	for want, got := range map[string]string{
		"1 image": Of(1, "image"), "0 images": Of(0, "image"), "12 images": Of(int64(12), "image"),
		"1 class": Of(1, "class"), "2 classes": Of(2, "class"), "-1 steps": Of(-1, "step"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
