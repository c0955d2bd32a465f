package main

import (
	"fmt"
	"go/ast"
	"go/token"
)

// tally counts exported identifiers and keeps those without documentation as "file:line: name".
type tally struct {
	seen    int
	missing []string
}

func (t *tally) file(files *token.FileSet, file *ast.File) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			t.function(files, d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				t.spec(files, d, spec)
			}
		}
	}
}

func (t *tally) function(files *token.FileSet, d *ast.FuncDecl) {
	name := d.Name.Name
	if d.Recv != nil {
		receiver := receiverName(d.Recv.List[0].Type)
		if !ast.IsExported(receiver) {
			return
		}
		name = receiver + "." + name
	}
	t.note(files, d.Name, name, d.Doc)
}

func (t *tally) spec(files *token.FileSet, group *ast.GenDecl, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		docs := []*ast.CommentGroup{s.Doc, s.Comment}
		if !group.Lparen.IsValid() {
			docs = append(docs, group.Doc)
		}
		t.note(files, s.Name, s.Name.Name, docs...)
		if s.Name.IsExported() {
			t.members(files, s)
		}
	case *ast.ValueSpec:
		// The comment of a group of constants or variables documents all of it.
		for _, name := range s.Names {
			t.note(files, name, name.Name, s.Doc, s.Comment, group.Doc)
		}
	}
}

// members looks at the fields of a struct and the methods of an interface.
func (t *tally) members(files *token.FileSet, s *ast.TypeSpec) {
	var list *ast.FieldList
	switch x := s.Type.(type) {
	case *ast.StructType:
		list = x.Fields
	case *ast.InterfaceType:
		list = x.Methods
	default:
		return
	}
	var above *ast.Field // the line of fields directly above, whose comment may cover this one too
	for _, field := range list.List {
		docs := []*ast.CommentGroup{field.Doc, field.Comment}
		if field.Doc == nil && field.Comment == nil && above != nil && adjacent(files, above, field) {
			docs = append(docs, above.Doc)
			field.Doc = above.Doc
		}
		for _, name := range field.Names {
			t.note(files, name, s.Name.Name+"."+name.Name, docs...)
		}
		above = field
	}
}

// adjacent says whether b stands on the line below a, so that a comment above a is about both.
func adjacent(files *token.FileSet, a, b *ast.Field) bool {
	return files.Position(b.Pos()).Line == files.Position(a.End()).Line+1
}

func (t *tally) note(files *token.FileSet, id *ast.Ident, name string, docs ...*ast.CommentGroup) {
	if !id.IsExported() {
		return
	}
	t.seen++
	for _, doc := range docs {
		if doc != nil {
			return
		}
	}
	t.missing = append(t.missing, fmt.Sprintf("%s: %s", files.Position(id.Pos()), name))
}

func receiverName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiverName(x.X)
	case *ast.IndexExpr:
		return receiverName(x.X)
	case *ast.IndexListExpr:
		return receiverName(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
