package graph

import (
	"fmt"
	"math"
)

// Fault names the first place where a computation left the finite numbers.
type Fault struct {
	Kind  string // of the operation; "input" for a value from outside
	Layer string // the label of the operation, or the name of the input
}

// String names the fault for people.
func (f Fault) String() string { return fmt.Sprintf("%s of %s", f.Kind, f.Layer) }

// FirstNonFinite repeats the last run, checking every value as soon as it is computed, and returns
// the first that holds a NaN or an infinity. The bound inputs must be those of that run.
func (m *Machine) FirstNonFinite() (Fault, bool, error) {
	if err := m.prepare(); err != nil {
		return Fault{}, false, err
	}
	for _, n := range m.plan.inputs {
		values, err := m.inputs(n)
		if err != nil {
			return Fault{}, false, err
		}
		for _, b := range values {
			if ok, err := isFinite(b); err != nil || !ok {
				return Fault{Kind: "input", Layer: n.Name()}, !ok, err
			}
		}
	}
	for i, s := range m.steps {
		if err := s.Run(); err != nil {
			return Fault{}, false, m.stepError(i, err)
		}
		if err := m.be.Finish(); err != nil {
			return Fault{}, false, m.stepError(i, err)
		}
		o := &m.plan.ops[i]
		for _, n := range o.outputs() {
			b, err := m.Buffer(n)
			if err != nil {
				return Fault{}, false, err
			}
			ok, err := isFinite(b)
			if err != nil || !ok {
				return Fault{Kind: o.kind, Layer: o.layer}, !ok, err
			}
		}
	}
	return Fault{}, false, nil
}

func isFinite(b Buffer) (bool, error) {
	if host := b.Host(); host != nil {
		for _, v := range host {
			if v-v != 0 {
				return false, nil
			}
		}
		return true, nil
	}
	values := make([]float64, b.Len())
	if err := b.Read64(values); err != nil {
		return false, err
	}
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false, nil
		}
	}
	return true, nil
}
