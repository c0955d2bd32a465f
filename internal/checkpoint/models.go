package checkpoint

import (
	"slices"
	"strings"

	"csl/internal/checkpoint/pickle"
)

// wrapKeys are the keys under which training scripts keep the state dict, the
// most telling first. A model under another key comes after these.
var wrapKeys = []string{"state_dict", "model", "model_state_dict", "model_state", ""}

// prefixes are what wrappers put before every name: DataParallel, compile,
// Lightning.
var prefixes = []string{"module.", "_orig_mod.", "model."}

// wrappers are parts of names that wrappers of a submodule put in anywhere.
var wrappers = []string{"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}

const (
	// maxNesting is how deep dictionaries are searched for tensors.
	maxNesting = 4
	// maxTables bounds how many dictionaries are searched.
	maxTables = 1 << 16
)

// tensorTable is the tensors of one dictionary.
type tensorTable struct {
	key     string // of the dictionary; keys of nested ones are joined by dots
	tensors []*Tensor
}

// findTables lists the dictionaries of d that hold tensors, d itself first.
func findTables(d *pickle.Dict) ([]tensorTable, error) {
	type place struct {
		key   string
		dict  *pickle.Dict
		depth int
	}
	var tables []tensorTable
	seen := map[*pickle.Dict]bool{d: true}
	for queue := []place{{dict: d}}; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		table := tensorTable{key: here.key}
		for _, p := range here.dict.Pairs() {
			name, ok := p.Key.(string)
			if !ok {
				continue
			}
			if v, ok := p.Value.(*torchTensor); ok {
				t, err := v.tensor(name)
				if err != nil {
					return nil, err
				}
				table.tensors = append(table.tensors, t)
			}
			if inner := asDict(p.Value); inner != nil && !seen[inner] && here.depth < maxNesting && len(seen) < maxTables {
				seen[inner] = true
				queue = append(queue, place{strings.TrimPrefix(here.key+"."+name, "."), inner, here.depth + 1})
			}
		}
		if len(table.tensors) > 0 {
			tables = append(tables, table)
		}
	}
	return tables, nil
}

// findModels finds the TResNets in tables and uses the first one. If there is
// none, the likeliest state dict is used as it is, and what reads it says why
// it cannot.
func (f *File) findModels(tables []tensorTable) error {
	for i := range tables {
		f.sets = append(f.sets, tables[i].models()...)
	}
	if len(f.sets) == 0 {
		f.sets = []*tensorSet{likeliest(tables)}
	}
	slices.SortStableFunc(f.sets, func(a, b *tensorSet) int { return a.rank() - b.rank() })
	return f.use(f.sets[0])
}

// rank orders models: regular ones first, then by key and prefix.
func (s *tensorSet) rank() int {
	rank := 0
	if s.variant == Averaged {
		rank = 1000
	}
	rank += 10 * keyRank(s.key)
	switch strings.Trim(s.prefix, ".") {
	case "":
	case "model", "module", "model.module", "module.model":
		rank++
	default:
		rank += 2
	}
	return rank
}

// keyRank is the place of a dictionary's key in wrapKeys, behind all if it has none.
func keyRank(key string) int {
	if at := slices.Index(wrapKeys, key); at >= 0 {
		return at
	}
	return len(wrapKeys)
}

// likeliest is what a file without a TResNet most likely means as its model.
func likeliest(tables []tensorTable) *tensorSet {
	best := 0
	for i := range tables {
		if keyRank(tables[i].key) < keyRank(tables[best].key) {
			best = i
		}
	}
	t := tables[best]
	s := &tensorSet{variant: variantOf(t.key), key: t.key, tensors: t.tensors}
	s.prefix = stripPrefixes(t.tensors)
	return s
}

// models are the TResNets among the tensors of a dictionary. Tensors that
// belong to none of them are each one's foreign tensors.
func (t *tensorTable) models() []*tensorSet {
	var order []string
	groups := map[string][]*Tensor{}
	inner := map[*Tensor]string{}
	for _, x := range t.tensors {
		prefix, name, ok := splitName(x.Name)
		if !ok {
			continue
		}
		if groups[prefix] == nil {
			order = append(order, prefix)
		}
		groups[prefix], inner[x] = append(groups[prefix], x), name
	}
	member := map[*Tensor]*tensorSet{}
	var sets []*tensorSet
	for _, prefix := range order {
		if !slices.ContainsFunc(groups[prefix], func(x *Tensor) bool { return inner[x] == stemAlibaba || inner[x] == stemTimm }) {
			continue
		}
		s := &tensorSet{variant: variantOf(t.key + " " + prefix), key: t.key, prefix: prefix}
		sets = append(sets, s)
		for _, x := range groups[prefix] {
			member[x] = s
		}
		delete(groups, prefix)
	}
	if len(sets) == 1 {
		adoptRest(sets[0], order, groups, inner, member)
	}
	for _, x := range t.tensors {
		s := member[x]
		if s != nil {
			x.Name = inner[x]
			s.tensors = append(s.tensors, x)
			continue
		}
		x.foreign = true
		for _, s := range sets {
			s.tensors = append(s.tensors, x)
		}
	}
	return sets
}

// adoptRest gives the only model of a dictionary what lies under other
// prefixes and is not there yet: a head outside the wrapped backbone, names of
// which only some have a prefix.
func adoptRest(s *tensorSet, order []string, groups map[string][]*Tensor, inner map[*Tensor]string, member map[*Tensor]*tensorSet) {
	taken := map[string]bool{}
	for x := range member {
		taken[inner[x]] = true
	}
	for _, prefix := range order {
		group := groups[prefix]
		if slices.ContainsFunc(group, func(x *Tensor) bool { return taken[inner[x]] }) {
			continue
		}
		for _, x := range group {
			member[x], taken[inner[x]] = s, true
		}
	}
}

// splitName splits a name at the first part that is a TResNet's body or head,
// and drops the parts that wrappers of submodules add.
func splitName(full string) (prefix, name string, ok bool) {
	parts := strings.Split(full, ".")
	at := slices.IndexFunc(parts, func(p string) bool { return p == "body" || p == "head" })
	if at < 0 || at == len(parts)-1 {
		return "", "", false
	}
	if at > 0 {
		prefix = strings.Join(parts[:at], ".") + "."
	}
	rest := slices.DeleteFunc(parts[at:], func(p string) bool { return slices.Contains(wrappers, p) })
	return prefix, strings.Join(rest, "."), true
}

// stripPrefixes takes off what all names share and returns it.
func stripPrefixes(tensors []*Tensor) string {
	all := ""
	for more := true; more; {
		more = false
		for _, p := range prefixes {
			if slices.ContainsFunc(tensors, func(t *Tensor) bool { return !strings.HasPrefix(t.Name, p) }) {
				continue
			}
			for _, t := range tensors {
				t.Name = t.Name[len(p):]
			}
			all += p
			more = true
		}
	}
	return all
}
