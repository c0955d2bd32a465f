package checkpoint

import (
	"os"
	"strings"
	"testing"
)

func TestAPackedFileCutOffWhileItIsReadIsAnError(t *testing.T) {
	f, err := openBytes(t, packedFile(t, packedList()))
	if err != nil {
		t.Fatal(err)
	}
	sd, err := Interpret(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(f.Path, 8); err != nil {
		t.Fatal(err)
	}
	src, err := sd.openPacked()
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	p := packedList()[1]
	if _, err := src.Packed(p.Name, p.Layout); err == nil || !strings.Contains(err.Error(), f.Path) || !strings.Contains(err.Error(), "cannot be read") {
		t.Error(err)
	}
}
