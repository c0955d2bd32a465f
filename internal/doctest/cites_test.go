package doctest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	code = regexp.MustCompile("`([^`\n]+)`")
	// cite is "file.go: Name" or "file.go: Type.Method".
	cite = regexp.MustCompile(`^([\w./-]+\.go): ([\w.]+)$`)
	// place is a path below one of the repository's folders.
	place = regexp.MustCompile(`^(?:(?:cmd|internal|configs|docs|scripts)/[\w./*<>-]+|\.ci/[\w-]+)$`)
)

// TestEverythingTheArchitecturePageCitesExists checks each `file: name`, whose file may be given by its last
// elements, and each path. Dots in a name separate a type from its method or field; a name is found if the
// file declares it.
func TestEverythingTheArchitecturePageCitesExists(t *testing.T) {
	files := goFiles(t)
	cites := 0
	for _, page := range []string{"docs/architecture.md", "docs/design/kernels.md", "docs/design/graph.md", "docs/design/decisions.md", "docs/glossary.md", "CONTRIBUTING.md"} {
		if !exists(page) {
			continue
		}
		text := fence.ReplaceAllString(read(t, page), "")
		for _, match := range code.FindAllStringSubmatch(text, -1) {
			if c := cite.FindStringSubmatch(match[1]); c != nil {
				cites++
				checkCite(t, page, files, c[1], c[2])
			} else if place.MatchString(match[1]) {
				checkPlace(t, page, match[1])
			}
		}
	}
	if cites < 20 {
		t.Errorf("only %d citations found: does the pattern still match how pages cite?", cites)
	}
}

func checkCite(t *testing.T, page string, files map[string]map[string]bool, file, name string) {
	t.Helper()
	found := false
	for candidate, names := range files {
		if candidate == file || strings.HasSuffix(candidate, "/"+file) {
			found = true
			if names[name] || names[name[strings.LastIndex(name, ".")+1:]] {
				return
			}
		}
	}
	if !found {
		t.Errorf("%s cites %s: no such file", page, file)
		return
	}
	t.Errorf("%s cites %s: %s: the file does not declare it", page, file, name)
}

func checkPlace(t *testing.T, page, place string) {
	t.Helper()
	if strings.Contains(place, "<") {
		place = regexp.MustCompile(`<\w+>`).ReplaceAllString(place, "*")
	}
	matches, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(place)))
	if err != nil || len(matches) == 0 {
		t.Errorf("%s cites %s: no such path", page, place)
	}
}

// goFiles returns what each Go file of the repository declares at its top level: names, methods by their bare name.
func goFiles(t *testing.T) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	for _, top := range []string{"cmd", "internal"} {
		for _, file := range walkGo(t, top) {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			found[path.Clean(filepath.ToSlash(file))] = declared(parsed)
		}
	}
	return found
}

func declared(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			names[d.Name.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names[name.Name] = true
					}
				}
			}
		}
	}
	return names
}
