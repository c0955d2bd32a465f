package dist

import (
	"maps"
	"slices"
)

// otherPurpose is that of calls that nobody said anything about.
const otherPurpose = "other"

// Add adds other traffic.
func (t *Traffic) Add(o Traffic) {
	t.Calls += o.Calls
	t.Bytes += o.Bytes
	t.Busy += o.Busy
	t.Wait += o.Wait
}

// Sub takes traffic away that is part of it.
func (t *Traffic) Sub(o Traffic) {
	t.Add(Traffic{-o.Calls, -o.Bytes, -o.Busy, -o.Wait})
}

// As implements [Group].
func (g *group) As(purpose string) Group {
	g.purpose = purpose
	return g
}

// kind is that of the call that begins.
func (g *group) kind() *Kind {
	name := g.purpose
	if g.purpose = ""; name == "" {
		name = otherPurpose
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	k := g.kinds[name]
	if k == nil {
		k = &Kind{Purpose: name}
		g.kinds[name] = k
	}
	return k
}

// Traffic implements [Group].
func (g *group) Traffic() Traffic {
	var sum Traffic
	for _, k := range g.Kinds() {
		sum.Add(k.Traffic)
	}
	return sum
}

// Kinds implements [Group].
func (g *group) Kinds() []Kind {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Kind
	for _, name := range slices.Sorted(maps.Keys(g.kinds)) {
		all = append(all, *g.kinds[name])
	}
	return all
}
