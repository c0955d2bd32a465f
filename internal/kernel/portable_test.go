package kernel_test

import (
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

func TestPortableFloat64Complies(t *testing.T) { kerneltest.RunOf(t, kernel.Portable[float64]()) }
