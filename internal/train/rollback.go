package train

// rollback takes back a step that was cut off, so that the run can be saved as it was before.
type rollback struct {
	stepper *stepper
	buffers [][]float32      // running statistics, by Weights.Buffers
	counts  map[string]int64 // batches counted, by name
}

// begin remembers what a step of several batches changes before its end: the running statistics. What
// the optimizer changes it remembers itself, if it was asked to.
func (r *rollback) begin() {
	s := r.stepper
	s.opt.Settle()
	s.turned.begin()
	if s.sums == nil {
		return
	}
	if r.buffers == nil {
		for _, p := range s.running {
			r.buffers = append(r.buffers, make([]float32, len(p.Data)))
		}
		r.counts = map[string]int64{}
	}
	for i, p := range s.running {
		copy(r.buffers[i], p.Data)
	}
	s.counts(r.counts)
}

// undo takes the step back.
func (r *rollback) undo() error {
	s := r.stepper
	s.opt.Undo()
	s.turned.begin()
	for i := range r.buffers {
		copy(s.running[i].Data, r.buffers[i])
	}
	for name, n := range r.counts {
		if err := s.weights.SetCount(name, n); err != nil {
			return err
		}
	}
	return nil
}
