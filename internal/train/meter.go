package train

import (
	"csl/internal/loss"
	"csl/internal/rundir"
)

// meter gathers what the steps since the last record did. Its fields are part of a saved state: a
// resumed run writes the records that the uninterrupted one would have written.
type meter struct {
	Images       int     `json:"images"`
	Total        float64 `json:"total"`
	Positive     float64 `json:"positive"`
	Negative     float64 `json:"negative"`
	Unknown      float64 `json:"unknown"`
	Unknowns     int     `json:"unknowns"`
	DroppedPrior int     `json:"dropped_prior"`
	DroppedTopK  int     `json:"dropped_topk"`
	DroppedBoth  int     `json:"dropped_both"`
	Corrected    int     `json:"corrected,omitempty"`
}

// add counts one batch of that many images.
func (m *meter) add(images int, p loss.Terms) {
	m.Images += images
	m.Total += p.Total
	m.Positive += p.Positive
	m.Negative += p.Negative
	m.Unknown += p.Unknown
	m.Unknowns += p.Unknowns
	m.DroppedPrior += p.DroppedPrior
	m.DroppedTopK += p.DroppedTopK
	m.DroppedBoth += p.DroppedBoth
	m.Corrected += p.Corrected
}

// record turns the sums into the means of a Step record.
func (m *meter) record() rundir.Step {
	n := float64(max(m.Images, 1))
	u := float64(max(m.Unknowns, 1))
	return rundir.Step{
		Kind: rundir.KindStep,
		Loss: m.Total / n, Positive: m.Positive / n, Negative: m.Negative / n, Unknown: m.Unknown / n,
		DroppedPrior: float64(m.DroppedPrior) / u,
		DroppedTopK:  float64(m.DroppedTopK) / u,
		Dropped:      float64(m.DroppedPrior+m.DroppedTopK-m.DroppedBoth) / u,
		Corrected:    float64(m.Corrected) / u,
	}
}
