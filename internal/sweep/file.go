package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"csl/internal/config"
	"csl/internal/regular"

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
		return nil, fmt.Errorf("read sweep: %w", err)
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
