package train

import (
	"context"

	"csl/internal/dist"
)

// stops lets all ranks stop at the same point when one of them is asked to.
type stops struct {
	group dist.Group
	asked context.Context // of this rank
	stop  context.CancelCauseFunc
}

// newStops gives the context that a run lives in. With one rank it is ctx. Else it ends only in a poll, and so on all
// ranks at the same point, when the ctx of any of them has ended.
func newStops(ctx context.Context, g dist.Group) (context.Context, *stops) {
	if g.Size() == 1 {
		return ctx, &stops{group: g, asked: ctx, stop: func(error) {}}
	}
	inner, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	return inner, &stops{group: g, asked: ctx, stop: stop}
}

// poll asks all ranks whether they are to stop. All call it at the same point, and look at the context afterwards.
func (s *stops) poll() error {
	if s.group.Size() == 1 {
		return nil
	}
	stop, err := dist.Any(s.group.As(forStops), s.asking())
	s.agreed(stop)
	return err
}

// asking tells whether this rank is asked to stop.
func (s *stops) asking() bool { return s.asked.Err() != nil }

// agreed ends the context of the run if the ranks have agreed on it otherwise than by poll.
func (s *stops) agreed(stop bool) {
	if stop {
		s.stop(context.Cause(s.asked))
	}
}
