package sweep

import (
	"cmp"
	"slices"

	"csl/internal/metric"
	"csl/internal/validate"
)

// Table sets the variants side by side.
type Table struct {
	Runs     int     `json:"runs"`     // trainings of the sweep, temporary models included
	Complete int     `json:"complete"` // of them
	Draws    int     `json:"draws"`    // of the test images
	Groups   []Group `json:"groups"`   // in the order of the file

	compare []string // variants that the text compares the others with
	out     string
}

// Group is a set of conditions with the variants in it.
type Group struct {
	Name        string       `json:"group"`       // as in the file; "" without groups
	Images      int          `json:"test_images"` // 0 before the first test
	By          string       `json:"by"`          // what the classes are grouped by: annotations or positives among the test labels
	Variants    []Variant    `json:"variants"`    // in the order of the file
	Differences []Difference `json:"differences"` // of every two variants
}

// Variant is a method's scores on the test images.
type Variant struct {
	Name string `json:"variant"` // as in the file
	// Chosen are the values of the axes that the validation images chose; nil before they did, and without axes.
	Chosen map[string]string `json:"chosen"`
	// Tried are all combinations, where there are several.
	Tried []Tried `json:"tried,omitempty"`
	// Seeds are those of the runs that were tested.
	Seeds      []uint64 `json:"seeds"`
	MAPPartial Spread   `json:"map_partial"` // mAP(C)
	MAPO       Spread   `json:"map_o"`       // mAP(O)
	// Groups are the classes by Group.By, the rarest first.
	Groups []ClassGroup `json:"groups"`
	Runs   []Scored     `json:"runs"`             // by seed
	Failed []string     `json:"failed,omitempty"` // runs without a result, and why

	text string // Chosen, for people
	by   string // Group.By
}

// Tried is a combination and how it did on the validation images.
type Tried struct {
	Values map[string]string `json:"values"` // of the axes
	By     string            `json:"by"`     // the metric that chooses
	Val    *float64          `json:"val"`    // its mean over the seeds of select; nil where undefined, or before

	text string // Values, for people
}

// ClassGroup is how classes of similar frequency came out, as a mean over the seeds.
type ClassGroup struct {
	From       int    `json:"from"`        // the smallest number of annotations or positives
	To         int    `json:"to"`          // and the largest
	Classes    int    `json:"classes"`     // with an average precision
	MAPPartial Spread `json:"map_partial"` // their mAP(C)
}

// Scored is a run's scores on the test images, in percent.
type Scored struct {
	Seed       uint64   `json:"seed"`        // of the run
	Run        string   `json:"run"`         // its folder
	MAPPartial *float64 `json:"map_partial"` // mAP(C); nil = undefined
	MAPO       *float64 `json:"map_o"`       // mAP(O); nil = undefined

	draws *draws
}

// Difference is A minus B over the seeds that both have.
type Difference struct {
	A          string   `json:"a"`           // a variant
	B          string   `json:"b"`           // another one
	Seeds      []uint64 `json:"seeds"`       // of both
	MAPPartial Margin   `json:"map_partial"` // of mAP(C)
	MAPO       Margin   `json:"map_o"`       // of mAP(O)
}

// Margin is a mean paired difference with its 95 % intervals.
type Margin struct {
	Mean *float64 `json:"mean"` // in percent; nil = undefined
	// Seeds is the interval over seeds (Student's t), Images that over draws of the test images; nil where there is
	// none.
	Seeds  *metric.Interval `json:"over_seeds"`
	Images *metric.Interval `json:"over_images"`
}

// table makes the table of what is done.
func (s *state) table() *Table {
	f := s.p.file
	t := &Table{Draws: f.bootstrap, Groups: []Group{}, compare: f.compare, out: s.p.out}
	_, _, t.Runs, t.Complete = s.effort()
	for _, c := range s.p.arms {
		n := len(t.Groups)
		if n == 0 || t.Groups[n-1].Name != c.group.name {
			t.Groups = append(t.Groups, Group{Name: c.group.name, Differences: []Difference{}})
			n++
		}
		g := &t.Groups[n-1]
		v, images := s.variant(c)
		g.Variants = append(g.Variants, v)
		g.Images, g.By = max(g.Images, images), cmp.Or(g.By, v.by)
	}
	for i := range t.Groups {
		g := &t.Groups[i]
		for k := range g.Variants {
			for _, b := range g.Variants[:k] {
				g.Differences = append(g.Differences, difference(g.Variants[k], b))
			}
		}
	}
	return t
}

// variant sums up the runs of a variant in a group.
func (s *state) variant(c *arm) (v Variant, images int) {
	v = Variant{Name: c.variant.name, Seeds: []uint64{}, Groups: []ClassGroup{}, Runs: []Scored{}}
	if len(c.combinations) > 1 {
		for _, k := range c.combinations {
			score, _ := s.score(k)
			v.Tried = append(v.Tried, Tried{Values: valuesOf(k), text: settingText(k.values), By: s.by(k.runs[s.p.file.selectSeeds[0]].cfg), Val: score})
		}
	}
	chosen := s.chosen(c)
	if chosen == nil {
		return v, 0
	}
	v.Chosen, v.text = valuesOf(chosen), settingText(chosen.values)
	var tests []*validate.Tested
	var partial, overall []*float64
	for _, seed := range s.p.file.seeds {
		r := chosen.runs[seed]
		res := s.results[r.dir]
		if res.record != nil && res.record.Failed != "" {
			v.Failed = append(v.Failed, r.name+": "+res.record.Failed)
		}
		if res.test == nil {
			continue
		}
		tests, v.Seeds = append(tests, res.test), append(v.Seeds, seed)
		partial, overall = append(partial, res.test.MAPPartial), append(overall, res.test.MAPO)
		v.Runs = append(v.Runs, Scored{Seed: seed, Run: r.dir, MAPPartial: res.test.MAPPartial, MAPO: res.test.MAPO, draws: res.draws})
		images = max(images, res.test.Images)
	}
	v.MAPPartial, v.MAPO = spreadOf(partial), spreadOf(overall)
	v.Groups, v.by = classGroups(tests)
	return v, images
}

// valuesOf are a combination's values by key; nil without axes.
func valuesOf(k *combination) map[string]string {
	if len(k.values) == 0 {
		return nil
	}
	m := map[string]string{}
	for _, s := range k.values {
		m[s.key] = s.value
	}
	return m
}

// groupsOf is how many groups of equal size the classes are cut into.
const groupsOf = 5

// classGroups are the means over tests of the same labels of each group of classes: by annotations, or by positives
// where all classes have as many annotations.
func classGroups(tests []*validate.Tested) (all []ClassGroup, by string) {
	all = []ClassGroup{}
	if len(tests) == 0 {
		return all, ""
	}
	var annotations, positives []int
	for _, c := range tests[0].PerClass {
		annotations, positives = append(annotations, c.Positives+c.Negatives), append(positives, c.Positives)
	}
	numbers, by := annotations, "annotations"
	if slices.Min(annotations) == slices.Max(annotations) {
		numbers, by = positives, "positives"
	}
	var each [][]metric.Group
	for _, t := range tests {
		if g, err := t.Report.Groups(numbers, groupsOf); err == nil {
			each = append(each, g)
		}
	}
	for i, g := range each[0] {
		var values []*float64
		for _, other := range each {
			if other[i].Classes == g.Classes {
				values = append(values, other[i].MAP)
			}
		}
		all = append(all, ClassGroup{From: g.From, To: g.To, Classes: g.Classes, MAPPartial: spreadOf(values)})
	}
	return all, by
}

// difference compares two variants over the seeds that both have.
func difference(a, b Variant) Difference {
	d := Difference{A: a.Name, B: b.Name, Seeds: []uint64{}}
	var partial, overall []*float64
	var drawn [4][][]*float64
	for _, x := range a.Runs {
		for _, y := range b.Runs {
			if x.Seed != y.Seed {
				continue
			}
			d.Seeds = append(d.Seeds, x.Seed)
			partial, overall = append(partial, minus(x.MAPPartial, y.MAPPartial)), append(overall, minus(x.MAPO, y.MAPO))
			if x.draws != nil && y.draws != nil {
				for i, values := range [][]*float64{x.draws.MAPPartial, y.draws.MAPPartial, x.draws.MAPO, y.draws.MAPO} {
					drawn[i] = append(drawn[i], values)
				}
			}
		}
	}
	d.MAPPartial = margin(partial, drawn[0], drawn[1])
	d.MAPO = margin(overall, drawn[2], drawn[3])
	return d
}

func margin(differences []*float64, a, b [][]*float64) Margin {
	m := Margin{Seeds: overSeeds(differences), Images: overImages(a, b)}
	if mean, ok := meanOf(differences); ok {
		m.Mean = &mean
	}
	return m
}
