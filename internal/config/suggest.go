package config

import (
	"strings"

	"csl/internal/similar"
)

// suggest completes the message about an unknown key: a key of the same last part or flag name
// ("train.lr" and "lr" mean "optimizer.lr"), else the nearest one.
func suggest(key string) string {
	leaf := key[strings.LastIndexByte(key, '.')+1:]
	var names []string
	for _, k := range Keys() {
		if leaf == k.Flag || strings.HasSuffix(k.Name, "."+leaf) {
			return `; did you mean "` + k.Name + `"?`
		}
		names = append(names, k.Name)
	}
	return didYouMean(similar.Nearest(key, names))
}

func didYouMean(near string) string {
	if near == "" {
		return "; csl config show lists all"
	}
	return `; did you mean "` + near + `"?`
}
