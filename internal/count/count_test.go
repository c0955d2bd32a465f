package count

import "testing"

func TestNounsFollowTheirNumber(t *testing.T) {
	for want, got := range map[string]string{
		"1 picture": Of(1, "picture"), "0 pictures": Of(0, "picture"), "12 pictures": Of(int64(12), "picture"),
		"1 class": Of(1, "class"), "2 classes": Of(2, "class"), "-1 steps": Of(-1, "step"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
