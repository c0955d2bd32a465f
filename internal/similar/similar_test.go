package similar

import "testing"

func TestNearestIsTheLikelyMeaningOrNothing(t *testing.T) {
	words := []string{"loss.topk", "loss.clip", "prior.path", "schedule.epochs"}
	for word, want := range map[string]string{
		"loss.topk": "loss.topk", "loss.tpok": "loss.topk", "LOSS.CLIP": "loss.clip", "prio.path": "prior.path",
		"schedule.epoch": "schedule.epochs", "": "", "zz": "", "network": "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	for _, x := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"abcd", "acbd", 1}} {
		if got := Distance(x.a, x.b); got != x.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", x.a, x.b, got, x.want)
		}
	}
}
