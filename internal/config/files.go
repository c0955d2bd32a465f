package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// files is one file, or a list of files of which the first has a field apart. In text it is one path, or a YAML list
// in brackets; a flag may be repeated.
type files struct {
	first *string
	later *[]string
}

func (v files) assign(raw any) bool {
	if text, isText := raw.(string); isText && bracketed(text) {
		var items []any
		if yaml.Unmarshal([]byte(text), &items) != nil {
			return false
		}
		raw = items
	}
	switch r := raw.(type) {
	case string:
		*v.first, *v.later = r, nil
		return true
	case []any:
		return v.assignList(r)
	}
	return false
}

// assignList takes a list of texts, none of them empty.
func (v files) assignList(items []any) bool {
	var paths []string
	for _, item := range items {
		path, isText := item.(string)
		if !isText || path == "" {
			return false
		}
		paths = append(paths, path)
	}
	if len(paths) == 0 {
		paths = []string{""}
	}
	*v.first, *v.later = paths[0], paths[1:len(paths):len(paths)]
	return true
}

// add appends one more path, as a repeated flag gives it.
func (v files) add(path string) bool {
	if path == "" || *v.first == "" {
		return false
	}
	*v.later = append(*v.later, path)
	return true
}

func (v files) valid() bool {
	return len(*v.later) == 0 || *v.first != "" && !slices.Contains(*v.later, "")
}

func (v files) get() any {
	if len(*v.later) == 0 && !bracketed(*v.first) {
		return *v.first
	}
	return append([]string{*v.first}, *v.later...)
}

func (v files) allowed() string { return "a path or a list of paths" }
func (v files) kind() string    { return "string" }

// bracketed tells whether text is a list in brackets.
func bracketed(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")
}
