package labels

import (
	"reflect"
	"testing"
)

func TestTopPairsCountImagesAndLift(t *testing.T) {
	set, _ := mustParse(t, "image,a,b,c\n1,1,1,0\n2,1,1,1\n3,1,0,\n4,0,,1\n", Options{})
	want := []Pair{{0, 1, 2, 4.0 * 2 / (3 * 2)}, {0, 2, 1, 4.0 * 1 / (3 * 2)}}
	if got := set.TopPairs(2); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := set.TopPairs(9); len(got) != 3 {
		t.Errorf("%+v", got)
	}
}
