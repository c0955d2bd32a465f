// Package asm holds the generated assembly of the kernels and its Go declarations, nothing else: internal/kernel/gen
// writes them (make generate), internal/kernel/simd calls them. Pointers are to heap memory that the caller keeps
// alive for the call; nothing is checked.
package asm

//go:generate go -C ../gen run . -set avx2 -out ../asm/avx2_amd64.s -stubs ../asm/avx2_stubs_amd64.go
//go:generate go -C ../gen run . -set avx512 -out ../asm/avx512_amd64.s -stubs ../asm/avx512_stubs_amd64.go
