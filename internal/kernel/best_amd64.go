package kernel

import "golang.org/x/sys/cpu"

// fast is the assembly sets that this machine can run, the fastest first.
func fast() []Set[float32] {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return []Set[float32]{simdSet{Set: Portable[float32](), simd: avx2()}}
	}
	return nil
}
