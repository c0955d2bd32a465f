package train

import (
	"encoding/binary"
	"math"

	"csl/internal/dist"
	"csl/internal/model"
	"csl/internal/prior"
)

// begun is what a run begins with beside tensors, as rank 0 tells the others.
type begun struct {
	State   state
	Running *prior.Saved
	Skips   []string
	Saved   string
	SavedAt cursor
	Counts  map[string]int64 // batches counted by norms, by name
	Turned  []uint64         // cells that the loss turned
}

// spread gives all ranks the state that rank 0 begins with or restored: only there the run's folder and the initial weights
// need to be.
func (t *trainer) spread() error {
	if t.ranks.alone() {
		return nil
	}
	b := begun{State: t.state, Skips: t.skips.list(), Saved: t.saved, SavedAt: t.savedAt, Counts: t.stepper.counts(map[string]int64{})}
	if t.running != nil {
		mean := t.running.Save()
		b.Running = &mean
	}
	if turned := t.stepper.turned; turned != nil {
		b.Turned = turned.cells
	}
	if err := broadcastJSON(t.ranks, &b); err != nil {
		return err
	}
	t.state, t.saved, t.savedAt = b.State, b.Saved, b.SavedAt
	t.skips.restore(b.Skips)
	if t.running != nil && b.Running != nil {
		if err := t.running.Restore(*b.Running); err != nil {
			return err
		}
	}
	s := t.stepper
	if s.turned != nil {
		s.turned.cells = b.Turned
	}
	for name, n := range b.Counts {
		if err := s.weights.SetCount(name, n); err != nil {
			return err
		}
	}
	s.opt.SetSteps(t.Cursor.Step)
	return broadcastFloats(t.ranks.group, s.vectors())
}

// counts puts into a map how many batches the norms of the weights have counted, by name.
func (s *stepper) counts(counts map[string]int64) map[string]int64 {
	for _, e := range s.weights.Entries() {
		if e.Kind == model.Counter {
			counts[e.Name], _ = s.weights.Count(e.Name)
		}
	}
	return counts
}

// vectors are all numbers that a step changes, in a fixed order: weights, running statistics, averages, moments.
func (s *stepper) vectors() [][]float32 {
	var all [][]float32
	for _, w := range []*model.Weights{s.weights, s.average} {
		if w == nil {
			continue
		}
		for _, p := range append(w.Params(), w.Buffers()...) {
			all = append(all, p.Data)
		}
	}
	for _, x := range s.opt.State() {
		all = append(all, x.Data)
	}
	return all
}

// pieceLen is how many numbers are turned into bytes at a time.
const pieceLen = 1 << 20

// broadcastFloats gives all ranks the numbers of rank 0.
func broadcastFloats(g dist.Group, vectors [][]float32) error {
	buf := make([]byte, 4*pieceLen)
	for _, v := range vectors {
		for len(v) > 0 {
			n := min(len(v), pieceLen)
			putFloats(buf, v[:n])
			if err := g.Broadcast(buf[:4*n], 0); err != nil {
				return err
			}
			for i := range n {
				v[i] = math.Float32frombits(binary.LittleEndian.Uint32(buf[4*i:]))
			}
			v = v[n:]
		}
	}
	return nil
}

func putFloats(buf []byte, v []float32) {
	for i, x := range v {
		binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(x))
	}
}
