package config

import "strings"

// Nearest is the candidate that word was most likely meant to be, or "" where none is near: the
// fewest insertions, deletions, replacements and swaps of neighbours, at most a third of the
// word's length (two for short words). The first of equally near ones wins.
func Nearest(word string, candidates []string) string {
	limit := max(2, len(word)/3)
	best := ""
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d <= limit && d < max(len(word), 1) {
			best, limit = c, d-1
		}
	}
	return best
}

// distance is the optimal string alignment distance in bytes.
func distance(a, b string) int {
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			replace := prev[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}

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
	return didYouMean(Nearest(key, names))
}

func didYouMean(near string) string {
	if near == "" {
		return "; csl config show lists all"
	}
	return `; did you mean "` + near + `"?`
}
