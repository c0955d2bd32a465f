package main

import (
	"runtime"
	"runtime/debug"

	"csl/internal/garbage"
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
