package kernel_test

import (
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

func TestPortableFloat32Complies(t *testing.T) { kerneltest.Run(t, kernel.Portable[float32]()) }

func TestPortableFloat64Complies(t *testing.T) { kerneltest.RunOf(t, kernel.Portable[float64]()) }
