package main

import (
	"fmt"

	"csl/internal/infer"
	"csl/internal/progress"
)

// inferResults sends each result of "csl infer" to the output, the log, the progress line and the
// folder of annotated pictures.
type inferResults struct {
	*infer.Writer
	o      *inferOptions
	task   *progress.Task
	drawer *infer.Drawer // nil: none
}

var _ infer.Sink = (*inferResults)(nil)

// Result implements infer.Sink.
func (s *inferResults) Result(r *infer.Result) error {
	if err := s.Writer.Result(r); err != nil {
		return err
	}
	s.task.Add(1)
	if r.Err != nil {
		s.o.log().Warn(fmt.Sprintf("passed over %q: %v", r.Image, r.Err))
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
