package sweep

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"csl/internal/config"
	"csl/internal/similar"

	"go.yaml.in/yaml/v3"
)

// named is what groups and variants may be called: folders have their names.
var named = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._,+-]*$`)

func (r *reader) name(k *yaml.Node, what string) {
	switch {
	case !named.MatchString(k.Value) || len(k.Value) > 80 || strings.HasSuffix(k.Value, ".") || strings.HasSuffix(k.Value, " "):
		r.complain(k, k.Value, "cannot name a %s, as a folder gets its name: letters, digits, spaces and . _ , + - make one", what)
	case k.Value == priorFolder:
		r.complain(k, k.Value, "cannot name a %s: the folder %q has the priors", what, priorFolder)
	}
}

// settings reads "key: value" pairs. Keys are dotted.
func (r *reader) settings(n *yaml.Node, name string) (all []setting) {
	r.each(n, name, nil, func(key string, k, v *yaml.Node) {
		if r.mayset(key, k, v) {
			all = append(all, setting{key, r.value(key, v), r.where(k)})
		}
	})
	return all
}

// axes reads "key: [value, ...]" pairs.
func (r *reader) axes(n *yaml.Node) (all []axis) {
	r.each(n, "axes", nil, func(key string, k, v *yaml.Node) {
		switch {
		case !r.mayset(key, k, v):
			return
		case v.Kind != yaml.SequenceNode || len(v.Content) == 0:
			r.complain(k, key, "must have a list of values to try, as in [1, 2]")
			return
		}
		a := axis{key: key, origin: r.where(k)}
		for _, one := range v.Content {
			text := r.value(key, one)
			if slices.Contains(a.values, text) {
				r.complain(one, key, "has the value %q twice", text)
			}
			a.values = append(a.values, text)
		}
		all = append(all, a)
	})
	return all
}

// mayset refuses keys that are none, or that the sweep itself decides.
func (r *reader) mayset(key string, k, v *yaml.Node) bool {
	switch key {
	case "train.out", "train.seed", "simulate.seed":
		r.complain(k, key, "is decided by the sweep (out, seeds)")
		return false
	}
	var names []string
	for _, known := range config.Keys() {
		if key == known.Name || slices.Contains(known.Aliases, key) {
			return true
		}
		names = append(names, known.Name)
	}
	if v.Kind == yaml.MappingNode {
		r.complain(k, key, "is a group of settings: write the keys with dots, as in loss.topk: 5")
		return false
	}
	near := similar.Nearest(key, names)
	leaf := key[strings.LastIndexByte(key, '.')+1:]
	if at := slices.IndexFunc(names, func(name string) bool { return strings.HasSuffix(name, "."+leaf) }); at >= 0 {
		near = names[at] // "topk" means "loss.topk"
	}
	if near == "" {
		r.complain(k, key, "is not a setting; csl config show lists all")
	} else {
		r.complain(k, key, "is not a setting; did you mean %q?", near)
	}
	return false
}

// value is a setting's value as text.
func (r *reader) value(key string, v *yaml.Node) string {
	if v.Kind != yaml.SequenceNode {
		return r.text(key, v)
	}
	var parts []string
	for _, one := range v.Content {
		parts = append(parts, r.text(key, one))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// text is a value that must be one.
func (r *reader) text(key string, v *yaml.Node) string {
	if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
		r.complain(v, key, "must have one value")
		return ""
	}
	return v.Value
}

// texts is a list of values, or one.
func (r *reader) texts(key string, v *yaml.Node) []string {
	if v.Kind != yaml.SequenceNode {
		return []string{r.text(key, v)}
	}
	var all []string
	for _, one := range v.Content {
		all = append(all, r.text(key, one))
	}
	return all
}

func (r *reader) seeds(key string, v *yaml.Node) []uint64 {
	var all []uint64
	for _, text := range r.texts(key, v) {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil || slices.Contains(all, n) {
			r.complain(v, key, "%q is not allowed: must be a list of different whole numbers, as in [1, 2, 3]", text)
			continue
		}
		all = append(all, n)
	}
	return all
}

// meant completes the message about an unknown name.
func meant(name string, known []string) string {
	if near := similar.Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ": it has " + strings.Join(known, ", ")
}
