// Package simd holds the float32 kernels over generated assembly (internal/kernel/asm): drivers that know no
// instruction set, and one table per instruction set of its functions and sizes. What has no assembly, the portable
// set computes. Other architectures than amd64 have no set yet.
package simd
