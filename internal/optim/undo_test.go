package optim

import (
	"slices"
	"testing"

	"csl/internal/kernel/kerneltest"
)

func TestAStepIsTakenBack(t *testing.T) {
	c := Defaults()
	data := []float32{1, 2, 3}
	o, err := New(c, kerneltest.Best(t), []Param{{Name: "w", Data: data, Decay: true}})
	if err != nil {
		t.Fatal(err)
	}
	step := func() {
		o.Begin(0.1, 0.9)
		if err := o.Apply(nil, 0, []float32{1, -1, 2}); err != nil {
			t.Fatal(err)
		}
	}
	step()
	if o.Undo() {
		t.Error("a step was taken back that was not kept")
	}
	if n := o.OldBytes(); n != 4*3*4 {
		t.Errorf("a step overwrites %d bytes, want those of the parameter, its two moments and its average", n)
	}
	o.KeepOld(true)
	before := [][]float32{slices.Clone(data)}
	for _, s := range o.State() {
		before = append(before, slices.Clone(s.Data))
	}
	step()
	if !o.Undo() || o.Undo() || o.Steps() != 1 {
		t.Errorf("%d steps", o.Steps())
	}
	after := [][]float32{data}
	for _, s := range o.State() {
		after = append(after, s.Data)
	}
	for i := range before {
		if !slices.Equal(before[i], after[i]) {
			t.Errorf("vector %d: %v, want %v", i, after[i], before[i])
		}
	}
	step()
	o.Settle()
	if o.Undo() {
		t.Error("a settled step was taken back")
	}
}
