package kerneltest

import (
	"os"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kernels"
)

// Best is the set of kernels that the program would use on this machine: the fastest, or the one that the
// environment variable CSL_KERNELS names.
func Best(t testing.TB) kernel.Set[float32] {
	t.Helper()
	set, err := kernels.Choose(os.Getenv("CSL_KERNELS"))
	if err != nil {
		t.Fatal(err)
	}
	return set
}
