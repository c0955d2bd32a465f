package kernel_test

import (
	"strings"
	"testing"

	"csl/internal/kernel"
)

func TestEnvironmentChoosesTheKernels(t *testing.T) {
	t.Setenv("CSL_KERNELS", "portable")
	s, err := kernel.Best()
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != "portable" {
		t.Errorf("got the kernels %q, want portable", s.Name())
	}
}

func TestUnknownKernelsAreAnErrorThatListsTheAvailable(t *testing.T) {
	t.Setenv("CSL_KERNELS", "abacus")
	_, err := kernel.Best()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"CSL_KERNELS", `"abacus"`, "portable"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %s", err, part)
		}
	}
}

func TestEverySetIsFoundByItsName(t *testing.T) {
	t.Setenv("CSL_KERNELS", "")
	best, err := kernel.Best()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{best.Name(), "portable"} {
		s, err := kernel.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name() != name {
			t.Errorf("asked for %q, got %q", name, s.Name())
		}
	}
}
