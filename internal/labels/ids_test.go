package labels

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestEnforcedClassesAreFoundByIDToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.csv")
	text := "ImageID,Source,LabelName,Confidence\na,verification,/m/02,1\na,verification,/m/01,0\nb,verification,cat,1\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Path: path, Classes: []string{"cat", "dog"}, ClassIDs: []string{"/m/01", "/m/02"}}
	s, _, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		image string
		class int
		want  State
	}{{"a", 0, Negative}, {"a", 1, Positive}, {"b", 0, Positive}, {"b", 1, Unknown}} {
		i, _ := s.Find(c.image)
		if got := s.At(i, c.class); got != c.want {
			t.Errorf("image %s class %d: %v, want %v", c.image, c.class, got, c.want)
		}
	}
	o.ClassIDs = []string{"/m/01"}
	if _, _, err := Open(context.Background(), o); err == nil {
		t.Error("one id for two classes was taken")
	}
}
