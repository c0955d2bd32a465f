package infer

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"

	"csl/internal/dist"
	"csl/internal/images/loader"
)

// sent is a Result on its way to rank 0.
type sent struct {
	Number      int
	Image       string
	Predictions []Prediction
	Animated    bool
	Failed      bool
	Why         string // the error's text where it failed
}

// gathering is the sink of a rank: it keeps the results of a round until all ranks have theirs, and hands them to the
// sink of rank 0 in the order of the images.
type gathering struct {
	group dist.Group
	sink  Sink
	round []sent
}

// Result implements Sink.
func (g *gathering) Result(r *Result) error {
	s := sent{Number: r.Number, Image: r.Image, Predictions: r.Predictions, Animated: r.Animated, Failed: r.Err != nil}
	if s.Failed {
		s.Why = r.Err.Error()
	}
	g.round = append(g.round, s)
	return nil
}

// Flush implements Sink.
func (g *gathering) Flush() error { return nil }

// gather ends a round; all ranks call it as often.
func (g *gathering) gather() error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(g.round); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	g.round = g.round[:0]
	parts, err := g.group.Gather(b.Bytes(), 0)
	if err != nil || g.group.Rank() > 0 {
		return err
	}
	for rank, part := range parts {
		var all []sent
		if err := gob.NewDecoder(bytes.NewReader(part)).Decode(&all); err != nil {
			return fmt.Errorf("results of rank %d: %w", rank, err)
		}
		for _, s := range all {
			r := &Result{Number: s.Number, Image: s.Image, Predictions: s.Predictions, Animated: s.Animated}
			if s.Failed {
				r.Err = errors.New(s.Why)
			}
			if err := g.sink.Result(r); err != nil {
				return err
			}
		}
	}
	return g.sink.Flush()
}

// shareRound classifies a rank's batch of a round and exchanges the results.
func (p *pass) shareRound(g *gathering, b *loader.Batch, batch int, logits []float32) error {
	p.next = min(b.Number*batch, len(p.o.Images))
	end := p.next + b.Whole
	if err := p.batch(b.Samples, logits); err != nil {
		return err
	}
	if err := p.until(end); err != nil {
		return err
	}
	return g.gather()
}

// total adds what ranks counted up.
func (p *pass) total(g dist.Group) error {
	v := [4]int64{int64(p.skipped), int64(p.feed.rotated), int64(p.cut), int64(p.cutImages)}
	if err := g.SumInt64(v[:]); err != nil {
		return err
	}
	p.skipped, p.feed.rotated, p.cut, p.cutImages = int(v[0]), int(v[1]), int(v[2]), int(v[3])
	return nil
}
