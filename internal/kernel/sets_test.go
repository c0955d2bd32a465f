package kernel_test

import (
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

func TestEverySetComplies(t *testing.T) {
	for _, set := range kernel.Sets() {
		t.Run(set.Name(), func(t *testing.T) { kerneltest.Run(t, set) })
	}
}
