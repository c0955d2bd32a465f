package graph

import (
	"cmp"
	"slices"
)

// span is a piece of the arena that is in use from step first to step last, both included. Values
// computed in place share one.
type span struct {
	size, first, last int
	off               int
	kept              bool // somebody outside needs it: nothing may be computed in its place
}

// place assigns offsets so that no two spans overlap in both time and space, and returns the size
// of the arena. It tries two orders and keeps the better.
func place(spans []*span) int {
	orders := []func(a, b *span) int{
		func(a, b *span) int { return cmp.Compare(b.size, a.size) },
		func(a, b *span) int { return cmp.Compare(b.size*(b.last-b.first), a.size*(a.last-a.first)) },
	}
	best, bestOff := -1, []int(nil)
	for _, less := range orders {
		order := slices.Clone(spans)
		slices.SortStableFunc(order, less)
		total := placeInOrder(order)
		if best < 0 || total < best {
			best, bestOff = total, bestOff[:0]
			for _, s := range spans {
				bestOff = append(bestOff, s.off)
			}
		}
	}
	for i, s := range spans {
		s.off = bestOff[i]
	}
	return max(best, 0)
}

// placeInOrder puts each span into the smallest gap that fits among those already placed which are
// alive at the same time, else behind them.
func placeInOrder(order []*span) int {
	var placed []*span // by offset
	total := 0
	for _, s := range order {
		end, off, gap := 0, -1, 0
		for _, q := range placed {
			if q.last < s.first || s.last < q.first {
				continue
			}
			if g := q.off - end; g >= s.size && (off < 0 || g < gap) {
				off, gap = end, g
			}
			end = max(end, q.off+q.size)
		}
		if off < 0 {
			off = end
		}
		s.off = off
		total = max(total, off+s.size)
		at, _ := slices.BinarySearchFunc(placed, off, func(q *span, o int) int { return cmp.Compare(q.off, o) })
		placed = slices.Insert(placed, at, s)
	}
	return total
}
