package audit

import (
	"math"
	"slices"

	"csl/internal/labels"
)

// chooser keeps the best cells of a strategy.
type chooser struct {
	strategy Strategy
	judge    *judge
	seed     uint64
	perClass int // most cells of a class; 0 = any
	all      top
	class    []top // by class, where their cells are limited or take turns
}

// newChooser makes one that offers up to room cells.
func newChooser(s Strategy, j *judge, room, perClass int, seed uint64) *chooser {
	c := &chooser{strategy: s, judge: j, seed: seed, perClass: perClass, all: top{room: room}}
	each := perClass
	if s == Balanced || s == Unsure {
		if each = min(room, max(64, 4*((room+j.classes-1)/j.classes))); perClass > 0 {
			each = min(each, perClass)
		}
	}
	if each > 0 {
		c.class = slices.Repeat([]top{{room: each}}, j.classes)
	}
	return c
}

// add offers the cells of an image.
func (c *chooser) add(image int, logits []float32, states []int8) {
	for class, s := range states {
		state := labels.State(s)
		if !c.strategy.asks(state) {
			continue
		}
		x := item{c.priority(image, class, logits[class], state), logits[class], int32(image), int32(class), s}
		if c.class != nil {
			c.class[class].offer(x)
		} else {
			c.all.offer(x)
		}
	}
}

func (c *chooser) priority(image, class int, logit float32, state labels.State) float64 {
	switch c.strategy {
	case Wrong:
		return c.judge.wrong(class, logit, state)
	case Unsure:
		return entropy(c.judge.chance(class, logit))
	case Random:
		return lot(c.seed, uint64(image)*uint64(c.judge.classes)+uint64(class))
	}
	return c.judge.chance(class, logit)
}

// chosen are the cells, the best first.
func (c *chooser) chosen() []item {
	for class := range c.class {
		sorted := c.class[class].sorted()
		for k := range sorted {
			sorted[k].priority = c.within(class, k, sorted[k].priority)
			c.all.offer(sorted[k])
		}
	}
	return c.all.sorted()
}

// worthATurn is the chance below which balanced lists a cell only when no other is left.
const worthATurn = 0.1

// within is the priority of the best but k cell of a class, which falls with k where cells of other classes are to
// have a turn.
func (c *chooser) within(class, k int, priority float64) float64 {
	switch n := c.judge.count[class]; c.strategy {
	case Unsure:
		return priority / math.Sqrt(1+float64(min(n.positives, n.negatives))+float64(k))
	case Balanced:
		turn := 1/float64(k+1) + 1e-9/float64(n.positives+1) // of one turn, the class with the fewest positives first
		if priority < worthATurn {
			turn--
		}
		return turn
	}
	return priority
}

// lot is a number from 0 to 1 that depends on seed and cell alone: the finalizer of SplitMix64 (Steele, Lea, Flood
// 2014).
func lot(seed, cell uint64) float64 {
	z := seed*0xd1342543de82ef95 + (cell+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// cellKey names a cell.
type cellKey struct{ image, class int32 }

// picked is a chosen cell with the strategy that chose it.
type picked struct {
	item
	strategy Strategy
}

// merge takes the best cell of each strategy in turn, each cell once, up to limit.
func merge(strategies []Strategy, chosen [][]item, limit int) []picked {
	var out []picked
	seen := map[cellKey]bool{}
	at := make([]int, len(chosen))
	for more := true; more && len(out) < limit; {
		more = false
		for i := range chosen {
			for at[i] < len(chosen[i]) && seen[cellKey{chosen[i][at[i]].image, chosen[i][at[i]].class}] {
				at[i]++
			}
			if at[i] == len(chosen[i]) || len(out) == limit {
				continue
			}
			x := chosen[i][at[i]]
			seen[cellKey{x.image, x.class}] = true
			out, more = append(out, picked{x, strategies[i]}), true
		}
	}
	return out
}
