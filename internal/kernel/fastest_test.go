package kernel_test

import (
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

func TestFastestSetComplies(t *testing.T) {
	t.Setenv("CSL_KERNELS", "")
	set, err := kernel.Best()
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Run(t, set)
}
