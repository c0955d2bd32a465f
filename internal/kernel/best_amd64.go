package kernel

// fast is the assembly sets that this machine can run, the fastest first.
func fast() []Set[float32] { return nil }
