//go:build !long

package review

// browserNeeded makes a missing Chromium a failure: in the long tests only.
const browserNeeded = false
