package model

import (
	"fmt"

	"csl/internal/graph"
	"csl/internal/kernel"
)

// constants are the weights of one model as inference nets use them: norms folded in, and packed, each layout
// once for nets of all batch and image sizes. Folded weights that are not packed live for a moment only.
type constants struct {
	w      *Weights
	biases map[string][]float32 // folded, by unit
	packed map[constantKey]*graph.Packed
	folded []float32 // scratch, as large as the largest tensor; nil between nets
}

// constant is a tensor of constant weights, with the norm of its unit folded in if it has one.
type constant struct {
	name string
	unit *unit
}

type constantKey struct {
	name   string
	layout kernel.PackedLayout
}

func newConstants(w *Weights) *constants {
	return &constants{w: w, biases: map[string][]float32{}, packed: map[constantKey]*graph.Packed{}}
}

// bias is the folded bias of u.
func (c *constants) bias(u unit) []float32 {
	if c == nil {
		return nil
	}
	b := c.biases[u.name]
	if b == nil {
		b = foldBias(c.w, u)
		c.biases[u.name] = b
	}
	return b
}

// maker makes packed weights: pack from values that are valid only then, adopt from ones that are packed already.
type maker struct {
	pack, adopt func(data []float32) (*graph.Packed, error)
}

// get is t in a layout: packed before, by whom the weights come from, or now.
func (c *constants) get(t constant, layout kernel.PackedLayout, m maker) (*graph.Packed, error) {
	key := constantKey{t.name, layout}
	p := c.packed[key]
	if p != nil {
		return p, nil
	}
	p, err := c.stored(key, m.adopt)
	if p == nil && err == nil {
		p, err = c.pack(t, layout, m)
	}
	if err == nil {
		c.packed[key] = p
	}
	return p, err
}

// pack folds and packs t.
func (c *constants) pack(t constant, layout kernel.PackedLayout, m maker) (*graph.Packed, error) {
	src, err := c.w.fetched(t.name)
	if err != nil {
		return nil, err
	}
	if src == nil {
		return nil, fmt.Errorf("weights %q were released and cannot be packed as %+v: nets of other batch or image sizes need weights that are kept", t.name, layout)
	}
	if t.unit != nil {
		if c.folded == nil {
			c.folded = make([]float32, c.w.largest())
		}
		to := c.folded[:len(src)]
		foldWeights(c.w, *t.unit, src, to)
		src = to
	}
	return m.pack(src)
}

// done says that a net has all layouts of t that it needs.
func (c *constants) done(t constant) { c.w.packed(t.name, c) }

// settle says that a net has all its weights.
func (c *constants) settle() {
	c.folded = nil
	c.w.collect(1)
}

// forget frees everything.
func (c *constants) forget() {
	clear(c.biases)
	clear(c.packed)
}
