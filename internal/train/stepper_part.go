package train

import (
	"csl/internal/dist"
	"csl/internal/images/loader"
	"csl/internal/loss"
	"csl/internal/model"
)

// tally is what ranks add up of a batch beside gradients: the terms of the loss and, for the running statistics, those of
// the batch. It is under way while gradients are computed, and waited for before the first of them is applied.
type tally struct {
	buf   []float64
	terms int // of the loss, the first ones of buf
	stats []float64
	sum   dist.Request
	check func(terms loss.Terms) error
	total loss.Terms
}

// start sends terms and stats. check gets the terms of the whole batch.
func (t *tally) start(g dist.Group, terms, stats []float64, check func(loss.Terms) error) {
	t.buf = append(append(t.buf[:0], terms...), stats...)
	t.terms, t.stats, t.check = len(terms), stats, check
	t.sum = g.As(forLoss).StartSumFloat64(t.buf)
}

// wait returns when the sums are there, the first time, with the error of check.
func (t *tally) wait() error {
	if t.sum == nil {
		return nil
	}
	err := t.sum.Wait()
	if t.sum = nil; err != nil {
		return err
	}
	copy(t.stats, t.buf[t.terms:])
	t.total = loss.TermsOf(t.buf[:t.terms])
	return t.check(t.total)
}

// learnPart is learn where b is a part of a batch. What it needs of other ranks is on its way while it goes on computing.
func (s *stepper) learnPart(b *loader.Batch, net *model.TrainNet, step, n int) (loss.Terms, error) {
	if err := net.Forward(); err != nil {
		return loss.Terms{}, err
	}
	vector, err := net.LossTerms()
	if err != nil {
		return loss.Terms{}, err
	}
	share, _ := s.ranks.Share()
	stats, err := net.StatsToShare(share)
	if err != nil {
		return loss.Terms{}, err
	}
	s.tally.start(s.ranks.group, vector, stats, func(terms loss.Terms) error {
		if s.ranks.err != nil {
			return s.ranks.err
		}
		_, err := s.finite(terms, net)
		return err
	})
	if err := net.Backward(s.applying(step, n)); err != nil {
		return loss.Terms{}, err
	}
	if s.sums == nil {
		if err := s.sendRest(); err != nil {
			return loss.Terms{}, err
		}
	} else if err := s.tally.wait(); err != nil {
		return loss.Terms{}, err
	}
	terms := s.tally.total
	s.outside.count(&terms)
	if err := s.noted(b, net); err != nil {
		return terms, err
	}
	if err := net.UpdateRunningOf(b.Whole); err != nil {
		return terms, err
	}
	return terms, s.ranks.err
}

// sendRest ends a step's exchange of gradients, and tells whether a rank is asked to stop.
func (s *stepper) sendRest() (err error) {
	s.stopping, err = s.buckets.finish(s.stop())
	return err
}

// sumGradients adds the gradients of a step's batches up over all ranks.
func (s *stepper) sumGradients() error {
	if s.ranks.alone() {
		return nil
	}
	s.buckets.begin(s.params, s.tally.wait, s.first)
	for i, sum := range s.sums {
		if err := s.buckets.take(i, sum); err != nil {
			return err
		}
	}
	return s.sendRest()
}
