// Package similar finds the name that a mistyped one was meant to be. What the names are does not
// matter here.
package similar

import "strings"

// Nearest is the candidate that word was most likely meant to be, or "" where none is near: the
// fewest insertions, deletions, replacements and swaps of neighbours, at most a third of the
// word's length (two for short words). The first of equally near ones wins.
func Nearest(word string, candidates []string) string {
	limit := max(2, len(word)/3)
	best := ""
	for _, c := range candidates {
		if d := Distance(strings.ToLower(word), strings.ToLower(c)); d <= limit && d < max(len(word), 1) {
			best, limit = c, d-1
		}
	}
	return best
}

// Distance is the optimal string alignment distance in bytes: the number of insertions, deletions,
// replacements and swaps of neighbours.
func Distance(a, b string) int {
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
