package kernels_test

import (
	"strings"
	"testing"

	"csl/internal/kernel/kernels"
)

func TestUnknownKernelsAreAnErrorThatListsTheAvailable(t *testing.T) {
	_, err := kernels.Choose("abacus")
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{`"abacus"`, "portable"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %s", err, part)
		}
	}
}

func TestEverySetIsFoundByItsName(t *testing.T) {
	best, err := kernels.Choose("")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{best.Name(), "portable"} {
		s, err := kernels.Choose(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name() != name {
			t.Errorf("asked for %q, got %q", name, s.Name())
		}
	}
}
