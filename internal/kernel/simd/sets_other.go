//go:build !amd64

package simd

import "csl/internal/kernel"

// Sets is the assembly sets that this machine can run, the fastest first: none on this architecture.
func Sets() []kernel.Set[float32] { return nil }
