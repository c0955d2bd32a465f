package model

import (
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"

	"csl/internal/graph"
)

// TableRow is one layer of a model.
type TableRow struct {
	Name   string // of the module, as checkpoints have it
	Shape  []int  // of the output: [N,H,W,C] or [N,C]
	Params int64  // trainable values
	FLOPs  int64  // forward, for the whole batch; a multiply-add counts as two
}

// LayerTable describes a model for inputs of one size.
type LayerTable struct {
	Rows   []TableRow // in the order of the network
	Params int64      // trainable values of all
	FLOPs  int64      // forward, for the whole batch
	// ArenaBytes is the planned memory for values: in training activations and the gradients that are
	// alive with them. It leaves out weights, input and kernel scratch.
	ArenaBytes int64
	// RunFLOPs is what one run costs, in training with the backward pass.
	RunFLOPs int64
}

// Table computes the layer table of a model and plans the memory of one of its nets without
// allocating it: of a training net if loss is not nil, else of an inference net. Of the options only
// the sizes matter.
func Table(spec Spec, o Options, loss LossFunc) (*LayerTable, error) {
	w, err := listWeights(spec)
	if err != nil {
		return nil, err
	}
	eval, err := newNetwork(nil, w, evaluate, o)
	if err != nil {
		return nil, err
	}
	t := &LayerTable{Params: w.trainable()}
	if err := t.addLayers(eval); err != nil {
		return nil, err
	}
	plan, err := planOnly(w, o, loss)
	if err != nil {
		return nil, err
	}
	t.ArenaBytes, t.RunFLOPs = plan.ArenaBytes(), plan.FLOPs()
	return t, nil
}

// MinPixelBytes is what a pixel of a batch takes at least in any net: as input and in the first layer.
const MinPixelBytes = 12 + 16

// RunBytes is what a net allocates for its values and its input, planned without allocating it: a training net
// if loss is not nil, else an inference net. It leaves out weights and kernel scratch.
func RunBytes(spec Spec, o Options, loss LossFunc) (int64, error) {
	w, err := listWeights(spec)
	if err != nil {
		return 0, err
	}
	plan, err := planOnly(w, o, loss)
	if err != nil {
		return 0, err
	}
	return plan.ArenaBytes() + 12*int64(o.Batch)*int64(o.Height)*int64(o.Width), nil
}

// Values is how many trainable values a model has, without making them.
func Values(spec Spec) (int64, error) {
	w, err := listWeights(spec)
	if err != nil {
		return 0, err
	}
	return w.trainable(), nil
}

// trainable counts the values of all parameters.
func (w *Weights) trainable() (n int64) {
	for _, e := range w.entries {
		if e.Kind.IsParam() {
			n += int64(e.Size())
		}
	}
	return n
}

func planOnly(w *Weights, o Options, loss LossFunc) (*graph.Plan, error) {
	if loss == nil {
		n, err := newNetwork(nil, w, inference, o)
		if err != nil {
			return nil, err
		}
		return n.plan(nil)
	}
	n, err := newTrainNet(nil, w, o, loss)
	if err != nil {
		return nil, err
	}
	return n.plan(n.streams(), n.kept()...)
}

// addLayers adds one row per label of the unfolded forward graph, in order of first appearance.
func (t *LayerTable) addLayers(n *network) error {
	plan, err := n.plan(nil)
	if err != nil {
		return err
	}
	params := map[*G.Node]int64{}
	for _, p := range n.b.params {
		params[p] = int64(p.Shape().TotalSize())
	}
	row := map[string]int{}
	for o := range plan.Operations() {
		i, ok := row[o.Layer]
		if !ok {
			i = len(t.Rows)
			row[o.Layer] = i
			t.Rows = append(t.Rows, TableRow{Name: o.Layer})
		}
		r := &t.Rows[i]
		r.Shape = o.Node.Shape().Clone()
		r.FLOPs += o.FLOPs
		t.FLOPs += o.FLOPs
		for _, in := range o.Inputs {
			r.Params += params[in]
		}
	}
	return nil
}

// String prints the table, one layer per line, with totals.
func (t *LayerTable) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-34s %-20s %12s %16s\n", "layer", "output", "parameters", "FLOPs")
	for _, r := range t.Rows {
		shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(r.Shape), "[]"), " ", "x")
		fmt.Fprintf(&b, "%-34s %-20s %12d %16d\n", r.Name, shape, r.Params, r.FLOPs)
	}
	fmt.Fprintf(&b, "%-34s %-20s %12d %16d\n", "total", "", t.Params, t.FLOPs)
	return b.String()
}
