//go:build !amd64

package kernel

// fast is the assembly sets that this machine can run, the fastest first: none on this architecture.
func fast() []Set[float32] { return nil }
