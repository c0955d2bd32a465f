// Command gen writes the assembly of packages below internal/images with avo. It is a separate module, so that the
// program's go.mod knows nothing of avo.
//
//	go generate ./internal/images/...
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	kernels := flag.String("kernels", "", "whose kernels: jpeg or transform")
	flag.Parse()
	ConstraintExpr("amd64")
	switch *kernels {
	case "jpeg":
		idct()
		dequantize()
		widen()
		sum()
		double("doubleH2V1AVX2", 1, 2, 2)
		double("doubleH2V2AVX2", 8, 7, 4)
		between()
		color()
	case "transform":
		shrink()
		blend()
	}
	Generate()
}
