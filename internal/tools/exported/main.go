// Command exported lists the exported identifiers that have no documentation: functions, methods,
// types, constants, variables, struct fields and interface methods of all packages below the folders
// it is given. It exits with 1 if there are any. `make lint` runs it.
//
// It reads syntax only: other checks of the source belong to staticcheck.
//
// Test files and main packages export nothing and are not looked at.
package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	roots := os.Args[1:]
	if len(roots) == 0 {
		roots = []string{"."}
	}
	all := tally{}
	for _, root := range roots {
		if err := walk(root, &all); err != nil {
			fmt.Fprintln(os.Stderr, "exported:", err)
			os.Exit(2)
		}
	}
	for _, missing := range all.missing {
		fmt.Println(missing)
	}
	if len(all.missing) > 0 {
		fmt.Fprintf(os.Stderr, "exported: %d of %d exported identifiers are not documented\n", len(all.missing), all.seen)
		os.Exit(1)
	}
}

// walk adds the identifiers of every Go file below root to t.
func walk(root string, t *tally) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (name == "testdata" || strings.HasPrefix(name, ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if file.Name.Name != "main" {
			t.file(files, file)
		}
		return nil
	})
}
