// Package e2e has no code: its tests build the csl binary and use it as people do, with what goes wrong
// for them: wrong inputs, full disks, kills. Tests of single commands that need no separate process
// are in cmd/csl.
package e2e
