package kernel

import "testing"

// instructions is the instruction set under test. Every test that calls assembly gets it here: on a
// processor without AVX2 there is nothing to test, and the compliance suite runs on what Best offers.
func instructions(t testing.TB) *simd {
	t.Helper()
	return fastest(t).simd
}

// fastest is the assembly set under test, with the same guard.
func fastest(t testing.TB) simdSet {
	t.Helper()
	for _, s := range fast() {
		if s, ok := s.(simdSet); ok {
			return s
		}
	}
	t.Skip("this processor has no AVX2")
	return simdSet{}
}
