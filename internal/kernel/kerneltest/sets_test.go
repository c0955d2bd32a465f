package kerneltest_test

import (
	"testing"

	"csl/internal/kernel/kernels"
	"csl/internal/kernel/kerneltest"
)

func TestEverySetComplies(t *testing.T) {
	for _, set := range kernels.Sets() {
		t.Run(set.Name(), func(t *testing.T) { kerneltest.Run(t, set) })
	}
}
