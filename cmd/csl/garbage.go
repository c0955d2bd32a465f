package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"

	"csl/internal/garbage"
	"csl/internal/memory"
)

// garbageHooks are what the work of a command may ask of the garbage collector.
func garbageHooks() garbage.Hooks { return garbage.Hooks{Collect: runtime.GC, Limit: limitGarbage} }

// garbagePercent is how much garbage there may be, of what lives, before it is collected.
const garbagePercent = 25

// limitGarbage has the garbage that decoding makes collected earlier than Go does by itself, until restore
// is called: else as much of it piles up as lives, which beside a network's weights and arena are hundreds of
// megabytes. Collections stay cheap, as almost nothing that lives holds pointers. It is for the whole process,
// and leaves a lower GOGC of the user's as it is.
func limitGarbage() (restore func()) {
	before := debug.SetGCPercent(garbagePercent)
	if before < garbagePercent {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}

// stayWithin has garbage collected as often as it takes to stay within a limit of memory that is set for this
// process. The tenth that is left is for what the runtime itself maps. A limit of the user's (GOMEMLIMIT) stays.
func stayWithin(limit memory.Limit, known bool) {
	if known && limit.Bytes < math.MaxInt64 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit.Bytes / 10 * 9)
	}
}
