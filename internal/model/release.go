package model

import (
	"errors"

	"csl/internal/garbage"
)

// collectAfter is how many elements may be garbage before they are collected: packed weights take their
// room, so that hardly more than one copy of the model is alive at any time. A collection takes about a
// millisecond, as weights hold no pointers.
const collectAfter = 3 << 20

// releasing is what weights need to know to be released.
type releasing struct {
	garbage garbage.Hooks
	freed   int // elements since the last collection
}

// Release has inference nets release each tensor of the weights once they have it in the layout that their kernels
// want, which saves a copy of the model. Everybody else who asks anything of the weights then gets an error, and so do
// these nets if another batch or image size needs another layout, or after a Close. g frees the released memory.
func (w *Weights) Release(g garbage.Hooks) { w.releasing = &releasing{garbage: g} }

// errReleased says that weights do not exist any more.
var errReleased = errors.New("the weights were released by inference nets: load them anew")

// usable tells whether nets with the constants c, nil for none, may use the weights.
func (w *Weights) usable(c *constants) error {
	if w.releasedBy != nil && w.releasedBy != c {
		return errReleased
	}
	return nil
}

// packed says that the nets with the constants by have all they need of a tensor.
func (w *Weights) packed(name string, by *constants) {
	if w.releasing == nil {
		return
	}
	i := w.index[name]
	w.releasing.freed += len(w.data[i])
	w.data[i], w.releasedBy = nil, by
	w.collect(collectAfter)
}

// collect runs the garbage collector if at least that many elements were released.
func (w *Weights) collect(least int) {
	if r := w.releasing; r != nil && r.freed >= least {
		r.garbage.CollectNow()
		r.freed = 0
	}
}
