package main

import (
	"runtime/debug"
	"testing"

	"csl/internal/memory"
)

func TestALimitOfMemoryIsKept(t *testing.T) {
	user := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(user)
	for _, c := range []struct {
		gomemlimit string
		known      bool
		want       int64
	}{{"", true, 9 << 30}, {"", false, user}, {"7GiB", true, user}} {
		debug.SetMemoryLimit(user)
		t.Setenv("GOMEMLIMIT", c.gomemlimit)
		stayWithin(memory.Limit{Bytes: 10 << 30, By: "a test"}, c.known)
		if got := debug.SetMemoryLimit(-1); got != c.want {
			t.Errorf("GOMEMLIMIT=%q, limit known: %v: %d, want %d", c.gomemlimit, c.known, got, c.want)
		}
	}
}

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
