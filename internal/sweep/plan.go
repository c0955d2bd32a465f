package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"csl/internal/config"
	"csl/internal/dataset"
)

// priorFolder has the priors and the temporary models.
const priorFolder = "priors"

// plan is all that a sweep may have to do.
type plan struct {
	file *file
	out  string
	arms []*arm
}

// arm is a variant in a group: its combinations, one of which is chosen.
type arm struct {
	group   group
	variant variant
	// combinations are those of the axes' values; one, without axes, is chosen at once.
	combinations []*combination
}

// combination is a value of each axis.
type combination struct {
	values []setting       // of the axes
	runs   map[uint64]*run // by seed
}

// run is one training.
type run struct {
	name  string // for people: group/variant/setting seed
	dir   string // its folder
	cfg   *config.Config
	seed  uint64
	prior *priorFile // nil where none is made
}

// priorFile is a prior that runs share.
type priorFile struct {
	name   string
	path   string
	kind   string // priorEstimated, priorTrue or priorCount
	method string // of priorEstimated
	full   string // file of full annotations; "" = what the simulation hides
	cfg    *config.Config
	model  *run // the temporary model of priorEstimated
}

// planner resolves all settings before the first run.
type planner struct {
	o      Options
	f      *file
	p      *plan
	found  map[string]bool // texts of problems, each told once
	errs   []error
	byID   map[string]string     // folders of runs by their settings
	models map[string]*run       // temporary models by folder
	priors map[string]*priorFile // by path
	files  map[string]bool       // that were looked for
	// origins are where the settings of the configuration that was resolved last come from.
	origins map[string]string
}

// newPlan resolves every run of a sweep. The error joins all problems of all variants.
func newPlan(o Options, f *file) (*plan, error) {
	n := &planner{
		o: o, f: f, p: &plan{file: f, out: f.out}, found: map[string]bool{}, byID: completeRuns(f.out),
		models: map[string]*run{}, priors: map[string]*priorFile{}, files: map[string]bool{},
	}
	for _, g := range f.groups {
		for _, v := range f.variants {
			if len(v.groups) == 0 || slices.Contains(v.groups, g.name) {
				n.arm(g, v)
			}
		}
	}
	return n.p, errors.Join(n.errs...)
}

// complain notes an error once.
func (n *planner) complain(err error) {
	if text := err.Error(); !n.found[text] {
		n.found[text] = true
		n.errs = append(n.errs, err)
	}
}

func (n *planner) arm(g group, v variant) {
	c := &arm{group: g, variant: v}
	for _, values := range product(merged(n.f.axes, g.axes, v.axes)) {
		k := &combination{values: values, runs: map[uint64]*run{}}
		for _, seed := range union(n.f.seeds, n.f.selectSeeds) {
			r, err := n.run(g, v, values, seed)
			if err != nil {
				n.complain(err)
				continue
			}
			k.runs[seed] = r
		}
		c.combinations = append(c.combinations, k)
	}
	n.p.arms = append(n.p.arms, c)
}

// union is a and what b has besides.
func union(a, b []uint64) []uint64 {
	all := slices.Clone(a)
	for _, seed := range b {
		if !slices.Contains(all, seed) {
			all = append(all, seed)
		}
	}
	return all
}

// merged are the axes of all lists; the last of a key counts.
func merged(lists ...[]axis) (all []axis) {
	for _, list := range lists {
		for _, a := range list {
			at := slices.IndexFunc(all, func(b axis) bool { return b.key == a.key })
			if at < 0 {
				all = append(all, a)
			} else {
				all[at] = a
			}
		}
	}
	return all
}

// product has all combinations of the axes' values, the last one changing fastest; an empty one without axes.
func product(axes []axis) [][]setting {
	all := [][]setting{nil}
	for _, a := range axes {
		var next [][]setting
		for _, before := range all {
			for _, v := range a.values {
				next = append(next, append(slices.Clone(before), setting{a.key, v, a.origin}))
			}
		}
		all = next
	}
	return all
}

// run resolves one training.
func (n *planner) run(g group, v variant, values []setting, seed uint64) (*run, error) {
	cfg, err := n.resolve(seed, n.f.set, g.set, v.set, values)
	if err != nil {
		return nil, err
	}
	if v.prior != "" && cfg.Prior.Path != "" && slices.ContainsFunc(slices.Concat(n.f.set, g.set, v.set, values), isPriorPath) {
		return nil, &config.Problem{Origin: v.origin, Key: "prior", Text: "and prior.path are given: give one of them"}
	}
	origins := n.origins
	r := &run{cfg: cfg, seed: seed, name: runName(g, v, values, seed)}
	known := ""
	if v.prior != "" {
		if r.prior, known, err = n.prior(g, v, cfg, seed); err != nil {
			return nil, err
		}
	}
	id := identity(cfg, known)
	dir := filepath.Join(n.f.out, g.name, v.name, settingName(values), fmt.Sprintf("seed%d-%s", seed, id))
	if twin := n.byID[id]; twin != "" && !exists(filepath.Join(dir, recordFile)) {
		dir = twin // the same settings under another name, complete or to be run in this sweep
	}
	n.byID[id], cfg.Train.Out, r.dir = dir, dir, dir
	if len(values) > 0 && !hasValidation(cfg.Data) {
		return nil, &config.Problem{Origin: v.origin, Key: "axes", Text: "need validation images to choose by: give data.val.annotations or data.val.split"}
	}
	return r, n.ready(v, cfg, origins)
}

// hasValidation reports whether settings name validation images.
func hasValidation(d config.Data) bool {
	return d.HoldOut > 0 || d.Val.Annotations != "" || d.Val.Root != "" || dataset.HasValidation(d.Train.Root)
}

func isPriorPath(s setting) bool { return s.key == "prior.path" }

// ready asks of resolved settings what a sweep needs.
func (n *planner) ready(v variant, cfg *config.Config, origins map[string]string) error {
	if !cfg.Data.HasTest() {
		return &config.Problem{
			Origin: fmt.Sprintf("sweep %q", n.f.path), Key: "data.test.annotations",
			Text: "is not set: name the labels of a test split in set (or in the base configuration); chosen runs are scored on it once",
		}
	}
	if err := cfg.Require("data.train.root"); err != nil {
		return err
	}
	d := cfg.Data
	for _, split := range []struct {
		name string
		config.Split
	}{{"train", d.Train}, {"val", d.Val}, {"test", d.Test}} {
		for _, path := range split.LabelFiles() {
			if path == "" || n.files[path] {
				continue
			}
			n.files[path] = true
			if _, err := os.Stat(path); err != nil {
				key := "data." + split.name + ".annotations"
				return &config.Problem{Origin: cmp.Or(origins[key], v.origin), Key: key, Text: fmt.Sprintf("%q: %v", path, cause(err))}
			}
		}
	}
	return nil
}

// cause takes the path off an error of package os.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// resolve makes a configuration of the base, the file's settings and the seed.
func (n *planner) resolve(seed uint64, lists ...[]setting) (*config.Config, error) {
	args, origins := []string{}, map[string]string{}
	all := slices.Concat(lists...)
	for _, arg := range n.o.Set {
		key, value, _ := strings.Cut(arg, "=")
		all = append(all, setting{key, value, "--set"})
	}
	for _, s := range all {
		args, origins[s.key] = append(args, s.key+"="+s.value), s.origin
	}
	n.origins = origins
	text := strconv.FormatUint(seed, 10)
	cfg, from, err := config.Load(config.Sources{File: n.f.base, Set: append(args, "train.seed="+text, "train.out="+n.f.out)})
	if err != nil {
		return nil, relocated(err, origins)
	}
	if cfg.Simulate.Type != config.SimulateNone {
		cfg.Simulate.Seed = seed
	}
	if cfg.Prior.Method != config.PriorTraining {
		cfg.Prior.Method = config.PriorShift // how a prior is estimated is the variant's to say
	}
	if n.o.Adopt != nil {
		err = n.o.Adopt(cfg, from)
	}
	return cfg, err
}

// relocated gives problems of settings the place in the sweep file from which they come.
func relocated(err error, origins map[string]string) error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var all []error
	for _, e := range several.Unwrap() {
		var p *config.Problem
		if errors.As(e, &p) {
			moved := *p
			if at := origins[p.Key]; at != "" {
				moved.Origin = at
			}
			e = &moved
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}
