package audit

import (
	"cmp"
	"container/heap"
	"slices"
)

// item is a cell that may be listed.
type item struct {
	priority     float64
	score        float32 // of the model, a logit
	image, class int32
	state        int8
}

// compareItems puts the better one first: by priority, then by score, then the earlier image and class, so that the
// order does not depend on how cells arrive.
func compareItems(a, b item) int {
	return cmp.Or(cmp.Compare(b.priority, a.priority), cmp.Compare(b.score, a.score), cmp.Compare(a.image, b.image), cmp.Compare(a.class, b.class))
}

// top keeps the best items, at most room of them: a heap with the worst one on top.
type top struct {
	room  int
	items worstFirst
}

// offer takes an item unless enough better ones are there.
func (t *top) offer(x item) {
	switch {
	case len(t.items) < t.room:
		heap.Push(&t.items, x)
	case t.room > 0 && compareItems(x, t.items[0]) < 0:
		t.items[0] = x
		heap.Fix(&t.items, 0)
	}
}

// sorted are the items, the best first.
func (t *top) sorted() []item {
	out := slices.Clone([]item(t.items))
	slices.SortFunc(out, compareItems)
	return out
}

// worstFirst is a heap.
type worstFirst []item

func (w worstFirst) Len() int           { return len(w) }
func (w worstFirst) Less(i, k int) bool { return compareItems(w[i], w[k]) > 0 }
func (w worstFirst) Swap(i, k int)      { w[i], w[k] = w[k], w[i] }

// Push implements heap.Interface.
func (w *worstFirst) Push(x any) { *w = append(*w, x.(item)) }

// Pop implements heap.Interface.
func (w *worstFirst) Pop() any {
	old := *w
	x := old[len(old)-1]
	*w = old[:len(old)-1]
	return x
}
