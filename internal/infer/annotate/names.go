package annotate

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Names are the names of the annotated images of inputs: the base name with the extension .jpg. Where
// several inputs would get the same one, not minding capitals, later ones are numbered: a.jpg, a-2.jpg.
func Names(inputs []string) []string {
	names := make([]string, len(inputs))
	stems := make([]string, len(inputs))
	own := make(map[string]bool, len(inputs)) // all plain stems: a number must not make one of them
	for i, path := range inputs {
		base := filepath.Base(path)
		stems[i] = strings.TrimSuffix(base, filepath.Ext(base))
		if stems[i] == "" {
			stems[i] = base // .jpg
		}
		own[strings.ToLower(stems[i])] = true
	}
	used := make(map[string]bool, len(inputs))
	next := map[string]int{}
	for i, stem := range stems {
		name, key := stem, strings.ToLower(stem)
		for n := max(next[key], 2); used[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s-%d", stem, n)
			if own[strings.ToLower(name)] {
				name = stem
				continue
			}
			next[key] = n + 1
		}
		used[strings.ToLower(name)] = true
		names[i] = name + ".jpg"
	}
	return names
}
