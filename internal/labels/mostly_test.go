package labels

import (
	"strings"
	"testing"
)

func TestUnknownAsTheMostFrequentValueIsAWarning(t *testing.T) {
	for text, want := range map[string]int64{
		"a,dog,1\na,cat,-1\nb,dog,-1\nb,cat,1\nc,cat,-1\nc,dog,0\n": 1, // 3 of 6
		"a,dog,1\na,cat,-1\nb,dog,-1\nb,cat,1\nc,dog,1\n":           0,
	} {
		_, rep := mustParse(t, text, Options{})
		if n := rep.Count(MostlyUnknown); n != want || want > 0 && !strings.Contains(rep.String(), "-1 (unknown) is the most frequent value") {
			t.Errorf("%q: %d, %s", text, n, rep)
		}
	}
}

func TestClassNamesThatAreNotUTF8AreRefused(t *testing.T) {
	err := checkClasses([]Class{{Name: "dog"}, {Name: "b\xe9"}})
	wantError(t, err, `"b\xe9"`, "number 1", "not UTF-8")
}
