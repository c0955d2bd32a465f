package train

import (
	"csl/internal/graph"
	"csl/internal/model"
)

// found is what a rank found when it looked for numbers that are not finite.
type found struct {
	Fault graph.Fault
	Ok    bool
}

// locate finds where the values of the last run left the finite numbers; of several ranks the first that finds
// something counts.
func (r *ranks) locate(net *model.TrainNet) error {
	r.pause()
	fault, ok, err := net.FirstNonFinite()
	if err != nil {
		return err
	}
	if !r.alone() {
		all, err := gatherJSON(r.group, found{fault, ok})
		if err != nil {
			return err
		}
		ok = false
		for _, f := range all {
			if f.Ok {
				fault, ok = f.Fault, true
				break
			}
		}
	}
	if !ok {
		fault = graph.Fault{Kind: "sum", Layer: "loss"}
	}
	return r.shared(errNonFinite{"loss", fault})
}
