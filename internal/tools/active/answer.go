package main

import (
	"context"
	"fmt"

	"csl/internal/audit/list"
	"csl/internal/labels"
)

// answering is what is answered, and by what.
type answering struct{ list, annotations, truth string }

// counts are the answers.
type counts struct{ present, absent, unsure, changed int }

// run gives the labels with the answers in them.
func (a answering) run(ctx context.Context) (*labels.Set, counts, error) {
	var n counts
	questions, err := list.Read(ctx, a.list, "")
	if err != nil {
		return nil, n, err
	}
	set, _, err := labels.Open(ctx, labels.Options{Path: a.annotations, KeepUnannotated: true})
	if err != nil {
		return nil, n, err
	}
	truth, _, err := labels.Open(ctx, labels.Options{Path: a.truth, Classes: set.ClassNames(), KeepUnannotated: true})
	if err != nil {
		return nil, n, err
	}
	class := map[string]int{}
	for i, name := range set.ClassNames() {
		class[name] = i
	}
	answers := map[[2]int]labels.State{}
	for _, q := range questions {
		row, ok := set.Find(q.Image)
		full, there := truth.Find(q.Image)
		c, known := class[q.Class]
		if !ok || !there || !known {
			return nil, n, fmt.Errorf("image %q, class %q of the list: not in the labels", q.Image, q.Class)
		}
		state := truth.At(full, c)
		switch state {
		case labels.Positive:
			n.present++
		case labels.Negative:
			n.absent++
		default:
			n.unsure++
		}
		if state != set.At(row, c) {
			n.changed++
		}
		answers[[2]int{row, c}] = state
	}
	out, err := answered(set, answers)
	return out, n, err
}

// answered is the set with other states in some cells.
func answered(set *labels.Set, answers map[[2]int]labels.State) (*labels.Set, error) {
	var b labels.Builder
	row := make([]int8, set.NumClasses())
	for i := range set.Len() {
		k, _ := b.Image(set.ImageName(i))
		set.Row(i, row)
		for c, s := range row {
			state, ok := answers[[2]int{i, c}]
			if !ok {
				state = labels.State(s)
			}
			if state != labels.Unknown {
				b.Add(k, c, state)
			}
		}
	}
	return b.Build(set.Classes, labels.Unknown)
}
