package main

import (
	"fmt"

	"csl/internal/infer"
	"csl/internal/progress"
)

// inferResults sends each result of "csl infer" to the output, the log, the progress line and the
// folder of annotated images.
type inferResults struct {
	*infer.Writer
	o      *inferOptions
	task   *progress.Task
	fresh  int64         // results since the last Flush
	drawer *infer.Drawer // nil: none
}

var _ infer.Sink = (*inferResults)(nil)

// Result implements infer.Sink.
func (s *inferResults) Result(r *infer.Result) error {
	if err := s.Writer.Result(r); err != nil {
		return err
	}
	s.fresh++
	if r.Err != nil {
		s.o.log().Warn(fmt.Sprintf("skipped %q: %v", r.Image, r.Err))
		return nil
	}
	if r.Animated {
		s.o.log().Info(fmt.Sprintf("%q is animated: only its first frame is used", r.Image))
	}
	if s.drawer != nil {
		return s.drawer.Draw(r)
	}
	return nil
}

// Flush implements infer.Sink. The progress line moves by whole batches: the first result of a batch
// alone would make it look slow.
func (s *inferResults) Flush() error {
	err := s.Writer.Flush()
	s.task.Add(s.fresh)
	s.fresh = 0
	return err
}
