package simd

import (
	"golang.org/x/sys/cpu"

	"csl/internal/kernel"
	"csl/internal/kernel/portable"
)

// Sets is the assembly sets that this machine can run, the fastest first.
func Sets() []kernel.Set[float32] {
	var sets []kernel.Set[float32]
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
		sets = append(sets, simdSet{Set: portable.New[float32](), simd: avx512()})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		sets = append(sets, simdSet{Set: portable.New[float32](), simd: avx2()})
	}
	return sets
}
