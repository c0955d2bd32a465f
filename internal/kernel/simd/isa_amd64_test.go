package simd

import "testing"

// onEachSet runs a test on every assembly set of this machine, which is for all tests that call assembly. On
// a processor without AVX2 there is nothing to test, and the compliance suite runs on the portable set.
func onEachSet(t *testing.T, test func(t *testing.T, isa simdSet)) {
	t.Helper()
	fastest(t)
	for _, s := range Sets() {
		t.Run(s.Name(), func(t *testing.T) { test(t, s.(simdSet)) })
	}
}

// fastest is the first assembly set of this machine.
func fastest(t testing.TB) simdSet {
	t.Helper()
	sets := Sets()
	if len(sets) == 0 {
		t.Skip("this processor has no AVX2")
	}
	return sets[0].(simdSet)
}
