package main

import (
	"runtime/debug"
	"testing"
)

func TestGarbageIsLimitedForAWhile(t *testing.T) {
	user := debug.SetGCPercent(100)
	defer debug.SetGCPercent(user)
	now := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	for _, c := range []struct{ before, during int }{{100, garbagePercent}, {400, garbagePercent}, {10, 10}, {-1, -1}} {
		debug.SetGCPercent(c.before)
		restore := limitGarbage()
		inner := limitGarbage() // a validation within a training
		inner()
		if got := now(); got != c.during {
			t.Errorf("%d %% while limited from %d, want %d", got, c.before, c.during)
		}
		restore()
		if got := now(); got != c.before {
			t.Errorf("%d %% after it, want %d", got, c.before)
		}
	}
}
