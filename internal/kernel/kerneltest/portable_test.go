package kerneltest_test

import (
	"testing"

	"csl/internal/kernel/kerneltest"
	"csl/internal/kernel/portable"
)

func TestPortableFloat64Complies(t *testing.T) { kerneltest.RunOf(t, portable.New[float64]()) }
