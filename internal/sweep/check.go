package sweep

import (
	"fmt"
	"slices"

	"csl/internal/config"
)

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
