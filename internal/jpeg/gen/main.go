// Command gen writes the assembly of internal/jpeg with avo. It is a module of its own, so that the program's go.mod
// knows nothing of avo.
//
//	cd internal/jpeg && go generate
package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("amd64")
	idct()
	dequantize()
	widen()
	sum()
	double("doubleH2V1AVX2", 1, 2, 2)
	double("doubleH2V2AVX2", 8, 7, 4)
	between()
	color()
	Generate()
}
