// Command gen writes the assembly of internal/kernel/asm with avo. It is a module of its own, so that
// the program's go.mod knows nothing of avo.
//
// Every generator is written over a machine (vector width, register file, rows per tile): another
// instruction set is another machine value, not another copy of the algebra.
//
//	cd internal/kernel/asm && go generate
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	flags := flag.NewFlagSet("gen", flag.ExitOnError) // avo occupies the default set
	set := flags.String("set", "avx2", "instruction `set`: avx2 or avx512")
	asm := flags.String("out", "avx2_amd64.s", "assembly `file` to write")
	stubs := flags.String("stubs", "avx2_stubs_amd64.go", "Go declarations `file` to write")
	pkg := flags.String("pkg", "asm", "package name of the declarations")
	if err := flags.Parse(os.Args[1:]); err != nil {
		os.Exit(2)
	}
	if err := run(*set, *asm, *stubs, *pkg); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run generates everything in memory first: a failing generator leaves the old files alone.
func run(set, asm, stubs, pkg string) error {
	m, err := machineOf(set)
	if err != nil {
		return err
	}
	m.ConstraintExpr("amd64")
	emit(m)

	f, err := m.Result()
	if err != nil {
		return fmt.Errorf("build %s: %w", asm, err)
	}
	if err := pass.Compile.Execute(f); err != nil {
		return fmt.Errorf("compile %s: %w", asm, err)
	}
	cfg := printer.Config{Name: "internal/kernel/gen", Pkg: pkg}
	text, err := printer.NewGoAsm(cfg).Print(f)
	if err != nil {
		return fmt.Errorf("print %s: %w", asm, err)
	}
	decl, err := printer.NewStubs(cfg).Print(f)
	if err != nil {
		return fmt.Errorf("print %s: %w", stubs, err)
	}
	if err := replace(asm, text); err != nil {
		return err
	}
	return replace(stubs, decl)
}

// machineOf is the machine of an instruction set. Its rows are as many as there are registers for: of general
// ones for the rows' addresses, of vectors for rows x 2 sums, the weights and the activations.
func machineOf(set string) (machine, error) {
	c := build.NewContext()
	switch set {
	case "avx2":
		return machine{Context: c, dialect: avx2{c}, name: "AVX2", lanes: 8, rows: 6}, nil
	case "avx512":
		return machine{Context: c, dialect: avx512{c}, name: "AVX512", lanes: 16, rows: 8}, nil
	}
	return machine{}, fmt.Errorf("instruction set %q is unknown: use avx2 or avx512", set)
}

// emit generates the functions in the order in which they stand in the files.
func emit(m machine) {
	m.maskTable()
	m.peak()
	short := m
	short.rows = shortRows
	for _, tile := range []machine{m, short} {
		tile.gemm(2, 1)
		tile.gemm(1, 2)
	}
	if m.manyVectors() {
		m.stridedRows(1, 1)
		m.stridedRows(1, 2)
		m.stridedRows(2, 2)
	}
	m.outer(2, 1)
	m.outer(1, 2)
	for _, n := range []int{m.rows, 12, m.lanes, 2 * m.lanes} {
		m.pack(n)
	}
	m.transpose()
	m.pointwise()
	m.norm()
	m.blend3()
	m.winoConstants()
	m.winoInput()
	m.winoInput2()
	m.winoWeights(largeTiles())
	m.winoWeights(smallTiles())
	m.winoWeightsGrad()
	m.winoOutput(largeTiles())
	m.winoOutput(smallTiles())
	m.adam(false)
	m.adam(true)
	m.transcendentals()
	m.focal()
	m.focalKeys()
	m.focalSkip()
}

// replace writes data beside path and then renames it over path.
func replace(path string, data []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
