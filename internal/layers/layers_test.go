package layers

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "csl/"
)

// rank is where a package stands in the table: its layer, and its place there.
type rank struct {
	layer, place int
	name         string // of the layer
}

func ranks(t *testing.T) map[string]rank {
	t.Helper()
	all := map[string]rank{}
	for i, l := range layers() {
		for k, p := range l.packages {
			if _, twice := all[p]; twice {
				t.Errorf("%s stands in the table twice", p)
			}
			all[p] = rank{i, k, l.name}
		}
	}
	return all
}

// imports calls f with every import of a package of the module by a file, and every package with Go files.
func imports(t *testing.T, f func(file, from, to string), found func(pkg string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := e.Name(); e.IsDir() && name != root && (strings.HasPrefix(base, ".") || base == "testdata") {
			return filepath.SkipDir
		}
		if e.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		file = filepath.ToSlash(file)
		found(path.Dir(file))
		for _, i := range syntax.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if inside, ok := strings.CutPrefix(to, module); ok {
				f(file, path.Dir(file), inside)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportsPointDown(t *testing.T) {
	all, seen := ranks(t), map[string]bool{}
	imports(t, func(file, from, to string) {
		if !allowed(all, from, to, strings.HasSuffix(file, "_test.go")) {
			t.Errorf("%s: %s (%s) must not import %s (%s); internal/layers has the table", file, from, all[from].name, to, all[to].name)
		}
	}, func(pkg string) {
		if _, ok := all[pkg]; !ok && !seen[pkg] {
			t.Errorf("package %s has no place in the table of internal/layers", pkg)
		}
		seen[pkg] = true
	})
	for p := range all {
		if !seen[p] {
			t.Errorf("the table of internal/layers has %s, which does not exist", p)
		}
	}
}

// allowed reports whether from may import to. Tests may also import the package they test and what lies below
// its folder.
func allowed(all map[string]rank, from, to string, test bool) bool {
	helper := slices.Contains(testOnly(), to)
	if test && (from == to || strings.HasPrefix(to, from+"/")) {
		return true
	}
	if helper && !test && !slices.Contains(testOnly(), from) {
		return false
	}
	a, b := all[from], all[to]
	switch {
	case a.layer != b.layer:
		return b.layer < a.layer
	case a.name == workflows:
		return slices.Contains(sideways(), [2]string{from, to})
	}
	return b.place < a.place
}

func TestForbiddenImportsAreFound(t *testing.T) {
	all := ranks(t)
	for _, c := range []struct {
		from, to string
		test, ok bool
	}{
		{"internal/graph", "internal/kernel", false, true},
		{"internal/kernel", "internal/graph", false, false},
		{"internal/kernel", "internal/graph", true, false},
		{"internal/kernel", "internal/kernel/kerneltest", true, true},
		{"internal/kernel", "internal/kernel/kerneltest", false, false},
		{"internal/estimate", "internal/train", false, true},
		{"internal/report", "internal/train", false, false},
		{"internal/model", "internal/loss", false, true},
		{"internal/loss", "internal/model", true, false},
		{"cmd/csl", "internal/fixture", false, false},
		{"cmd/csl", "internal/fixture", true, true},
	} {
		if got := allowed(all, c.from, c.to, c.test); got != c.ok {
			t.Errorf("%s imports %s (test: %v): allowed %v, want %v", c.from, c.to, c.test, got, c.ok)
		}
	}
}
