package sweep

import (
	"fmt"
	"path/filepath"
	"strings"

	"csl/internal/config"
	"csl/internal/estimate"
)

// prior is the prior that a run needs, and what identifies it.
func (n *planner) prior(g group, v variant, cfg *config.Config, seed uint64) (p *priorFile, known string, err error) {
	if v.prior != priorEstimated && v.prior != priorTrue && v.prior != priorCount {
		sum, err := sumOf(v.prior)
		if err != nil {
			return nil, "", &config.Problem{Origin: v.origin, Key: "prior", Text: fmt.Sprintf("%q is neither %s, %s, %s nor a file: %v",
				v.prior, priorEstimated, priorTrue, priorCount, cause(err))}
		}
		cfg.Prior.Path = v.prior
		return nil, sum, nil
	}
	base, err := n.resolve(seed, n.f.set, g.set, n.f.estimate)
	if err != nil {
		return nil, "", err
	}
	if v.prior == priorTrue && g.full == "" && base.Simulate.Type == config.SimulateNone {
		return nil, "", &config.Problem{Origin: v.origin, Key: "prior", Text: "true needs the full annotations: give the group full_annotations, or simulate.type"}
	}
	p = &priorFile{kind: v.prior, full: g.full, cfg: base}
	file := v.prior
	if v.prior == priorEstimated {
		p.method, file = v.method, v.method
		if v.method == config.PriorTraining { // its running mean is asked; of the others its weights
			base.Prior.Method = config.PriorTraining
		}
		p.cfg = estimate.Temporary(base)
	}
	id := identity(p.cfg, g.full)
	dir := filepath.Join(n.f.out, priorFolder, g.name, fmt.Sprintf("seed%d-%s", seed, id))
	p.path = filepath.Join(dir, file+".csv")
	if shared := n.priors[p.path]; shared != nil {
		p = shared
	} else {
		n.priors[p.path] = p
		p.name = strings.TrimSpace(fmt.Sprintf("%s prior (%s) seed %d", g.name, file, seed))
		if p.kind == priorEstimated {
			p.model = n.model(g, p, filepath.Join(dir, "run"), seed)
		}
	}
	cfg.Prior.Path = p.path
	return p, "prior " + id + " " + file, nil
}

// model is the temporary model of an estimated prior: a run of its own, or one with the same settings, such as that
// of a variant in mode ignore.
func (n *planner) model(g group, p *priorFile, dir string, seed uint64) *run {
	id := identity(p.cfg, "")
	if twin := n.byID[id]; twin != "" && !exists(filepath.Join(dir, recordFile)) {
		dir = twin
	}
	n.byID[id] = dir
	if n.models[dir] == nil {
		p.cfg.Train.Out = dir
		n.models[dir] = &run{name: strings.TrimSpace(fmt.Sprintf("%s model for the prior, seed %d", g.name, seed)), dir: dir, cfg: p.cfg, seed: seed}
	}
	return n.models[dir]
}
