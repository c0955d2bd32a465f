package train

import (
	"csl/internal/images/loader"
	"csl/internal/loss"
)

// state is what changes while a run goes on and does not follow from its settings. It is saved as it is;
// the tensors, the running prior and the list of skipped images are saved beside it.
type state struct {
	Cursor  cursor `json:"place"`
	Meter   meter  `json:"meter"`       // since the last record
	Epoch   meter  `json:"epoch_meter"` // of the epoch so far
	Best    best   `json:"best"`
	Stopped string `json:"stopped,omitempty"` // why the run ends early
}

// cursor is where in the run the next batch comes from.
type cursor struct {
	Epoch int `json:"epoch"` // epochs completed
	Batch int `json:"batch"` // batches of the next epoch already used
	Step  int `json:"step"`  // optimizer steps done
}

// count notes a batch that was learnt from; of several ranks each has a part of it.
func (s *state) count(b *loader.Batch, terms loss.Terms) {
	s.Cursor.Batch = b.Number + 1
	s.Meter.add(b.Whole, terms)
	s.Epoch.add(b.Whole, terms)
}

// endEpoch moves the cursor to the next epoch.
func (s *state) endEpoch() {
	s.Cursor.Epoch, s.Cursor.Batch, s.Epoch = s.Cursor.Epoch+1, 0, meter{}
}
