package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"csl/internal/config"
	"csl/internal/regular"
	"csl/internal/similar"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds a sweep file.
const maxFile = 1 << 20

// setting is one "key: value" of a sweep file.
type setting struct {
	key, value, origin string
}

// axis is a setting with the values to try.
type axis struct {
	key, origin string
	values      []string
}

// group is a set of conditions under which all variants are compared: labels, data.
type group struct {
	name, origin string
	set          []setting
	axes         []axis
	full         string // file of full annotations, for prior: true
}

// variant is one of the methods that are compared.
type variant struct {
	name, origin string
	set          []setting
	axes         []axis
	prior        string // what its prior is: one of the constants below, or a file; "" for none
	method       string // how it is estimated: prior.method
	groups       []string
}

// Kinds of priors (variant.prior). What else is given is a file.
const (
	priorEstimated = "estimated" // by the temporary model
	priorTrue      = "true"      // the share of each class in the full annotations
	priorCount     = "count"     // the annotated positives over all images
)

// file is a sweep file.
type file struct {
	path, base, out string
	seeds           []uint64
	set             []setting
	axes            []axis
	groups          []group
	variants        []variant
	estimate        []setting // of the temporary models
	selectSeeds     []uint64
	selectBy        string // metric; "" = train.monitor
	compare         []string
	bootstrap       int
}

// reader reads a sweep file and gathers what is wrong.
type reader struct {
	f     *file
	found []error
}

// readFile reads and checks the structure of a sweep file. Settings are checked where they are resolved.
func readFile(ctx context.Context, path string) (*file, error) {
	in, err := regular.Open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("read sweep %q: %w", path, err)
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("read sweep %q: %w", path, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("read sweep %q: longer than %d bytes: not a sweep file", path, maxFile)
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read sweep %q: not YAML: %s", path, strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	r := &reader{f: &file{path: path, out: "sweep", bootstrap: 1000}}
	if len(doc.Content) > 0 {
		r.top(doc.Content[0])
	}
	r.check()
	return r.f, errors.Join(r.found...)
}

// where names a line of the file.
func (r *reader) where(n *yaml.Node) string { return fmt.Sprintf("sweep %q line %d", r.f.path, n.Line) }

// complain notes a problem of a key.
func (r *reader) complain(n *yaml.Node, key, format string, args ...any) {
	r.found = append(r.found, &config.Problem{Origin: r.where(n), Key: key, Text: fmt.Sprintf(format, args...)})
}

// each calls use for the pairs of a mapping; known, unless nil, are its keys.
func (r *reader) each(n *yaml.Node, name string, known []string, use func(key string, k, v *yaml.Node)) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.complain(n, name, "must hold keys, one \"name: value\" per line")
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		key := k.Value
		switch {
		case seen[key] > 0:
			r.complain(k, key, "appears twice, first on line %d", seen[key])
		case known != nil && !slices.Contains(known, key):
			r.complain(k, key, "is not a key of %s%s", name, meant(key, known))
		default:
			use(key, k, v)
		}
		seen[key] = k.Line
	}
}

// meant completes the message about an unknown name.
func meant(name string, known []string) string {
	if near := similar.Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ": it has " + strings.Join(known, ", ")
}

// fileKeys are the keys of a sweep file.
func fileKeys() []string {
	return []string{"base", "out", "seeds", "set", "axes", "groups", "variants", "estimate", "select", "compare", "bootstrap"}
}

func (r *reader) top(n *yaml.Node) {
	f := r.f
	r.each(n, "a sweep file", fileKeys(), func(key string, k, v *yaml.Node) {
		switch key {
		case "base":
			f.base = r.text(key, v)
			if f.base != "" && !filepath.IsAbs(f.base) {
				f.base = filepath.Join(filepath.Dir(f.path), f.base)
			}
		case "out":
			f.out = r.text(key, v)
		case "seeds":
			f.seeds = r.seeds(key, v)
		case "set":
			f.set = r.settings(v, "set")
		case "axes":
			f.axes = r.axes(v)
		case "groups":
			r.groups(v)
		case "variants":
			r.variants(v)
		case "estimate":
			r.each(v, "estimate", []string{"set"}, func(_ string, _, v *yaml.Node) { f.estimate = r.settings(v, "estimate.set") })
		case "select":
			r.choice(v)
		case "compare":
			f.compare = r.texts(key, v)
		case "bootstrap":
			n, err := strconv.Atoi(v.Value)
			if f.bootstrap = n; err != nil || n < 0 || n > 1e6 {
				r.complain(v, key, "%q is not allowed: must be a number of draws from 0 (no intervals) to 1000000", v.Value)
			}
		}
	})
}

// choice reads how settings are selected.
func (r *reader) choice(n *yaml.Node) {
	r.each(n, "select", []string{"seeds", "by"}, func(key string, _, v *yaml.Node) {
		if key == "seeds" {
			r.f.selectSeeds = r.seeds("select.seeds", v)
			return
		}
		metrics := []string{"map_partial", "map_o", "map", "cf1", "of1"}
		if r.f.selectBy = r.text("select.by", v); !slices.Contains(metrics, r.f.selectBy) {
			r.complain(v, "select.by", "%q is not allowed: must be %s", r.f.selectBy, strings.Join(metrics, ", "))
		}
	})
}

func (r *reader) groups(n *yaml.Node) {
	r.each(n, "groups", nil, func(name string, k, v *yaml.Node) {
		r.name(k, "group")
		g := group{name: name, origin: r.where(k)}
		r.each(v, "a group", []string{"set", "axes", "full_annotations"}, func(key string, _, v *yaml.Node) {
			switch key {
			case "set":
				g.set = r.settings(v, name+".set")
			case "axes":
				g.axes = r.axes(v)
			case "full_annotations":
				g.full = r.text(key, v)
			}
		})
		r.f.groups = append(r.f.groups, g)
	})
}

func (r *reader) variants(n *yaml.Node) {
	r.each(n, "variants", nil, func(name string, k, v *yaml.Node) {
		r.name(k, "variant")
		one := variant{name: name, origin: r.where(k), method: config.PriorShift}
		methods := []string{config.PriorShift, config.PriorMean, config.PriorTraining}
		methodAt := (*yaml.Node)(nil)
		r.each(v, "a variant", []string{"set", "axes", "prior", "prior_method", "groups"}, func(key string, k, v *yaml.Node) {
			switch key {
			case "set":
				one.set = r.settings(v, name+".set")
			case "axes":
				one.axes = r.axes(v)
			case "prior":
				one.prior = r.text(key, v)
			case "prior_method":
				methodAt = k
				if one.method = r.text(key, v); !slices.Contains(methods, one.method) {
					r.complain(v, key, "%q is not allowed: must be %s", one.method, strings.Join(methods, ", "))
				}
			case "groups":
				one.groups = r.texts(key, v)
			}
		})
		if methodAt != nil && one.prior != priorEstimated {
			r.complain(methodAt, "prior_method", "says how a prior is estimated: give prior: estimated, too")
		}
		r.f.variants = append(r.f.variants, one)
	})
}

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
	text := "; csl config show lists all"
	if near := similar.Nearest(key, names); near != "" {
		text = fmt.Sprintf("; did you mean %q?", near)
	}
	for _, name := range names {
		if strings.HasSuffix(name, key[strings.LastIndexByte(key, '.')+1:]) && strings.HasSuffix(name, "."+key[strings.LastIndexByte(key, '.')+1:]) {
			text = fmt.Sprintf("; did you mean %q?", name)
		}
	}
	r.complain(k, key, "is not a setting%s", text)
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

// check looks at what parts demand of each other.
func (r *reader) check() {
	f := r.f
	missing := func(key, text string) {
		r.found = append(r.found, &config.Problem{Origin: fmt.Sprintf("sweep %q", f.path), Key: key, Text: text})
	}
	if f.base == "" {
		missing("base", "is missing: name the configuration that all runs begin with")
	}
	if len(f.seeds) == 0 {
		f.seeds = []uint64{1}
	}
	if len(f.selectSeeds) == 0 {
		f.selectSeeds = f.seeds[:1]
	}
	if f.out == "" {
		missing("out", "is empty: name the folder of the runs")
	}
	if len(f.variants) == 0 {
		missing("variants", "is missing: name what is compared, as in variants: {ignore: {set: {loss.mode: ignore}}}")
	}
	if len(f.groups) == 0 {
		f.groups = []group{{}}
	}
	var variants, groups []string
	for _, v := range f.variants {
		variants = append(variants, v.name)
	}
	for _, g := range f.groups {
		groups = append(groups, g.name)
	}
	for _, name := range f.compare {
		if !slices.Contains(variants, name) {
			missing("compare", fmt.Sprintf("%q is not a variant%s", name, meant(name, variants)))
		}
	}
	for _, v := range f.variants {
		for _, name := range v.groups {
			if !slices.Contains(groups, name) {
				r.found = append(r.found, &config.Problem{Origin: v.origin, Key: "groups", Text: fmt.Sprintf("%q is not a group%s", name, meant(name, groups))})
			}
		}
	}
	if len(f.compare) == 0 && len(variants) > 0 {
		f.compare = variants[:1]
	}
}
