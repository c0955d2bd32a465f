package train

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/tensorboard"
)

// events is the file for TensorBoard: the records of metrics as curves. nil writes nothing.
type events struct {
	log *safefile.Log
}

// openEvents opens the file, cut to a length, and begins it where it is empty.
func openEvents(fsys safefile.FS, dir string, length int64) (*events, error) {
	l, err := safefile.OpenLog(fsys, filepath.Join(dir, rundir.Events), length)
	if err != nil {
		return nil, err
	}
	if l.Length() == 0 {
		if err := l.AppendRecord(tensorboard.Version(time.Now())); err != nil {
			_ = l.Close()
			return nil, err
		}
	}
	return &events{l}, nil
}

// record adds the numbers of a record of metrics.
func (e *events) record(at time.Time, r any) error {
	if e == nil {
		return nil
	}
	switch r := r.(type) {
	case rundir.Step:
		return e.add(at, r.Step, stepCurves(r))
	case rundir.Validation:
		return e.add(at, r.Step, slices.Concat(scoreCurves(r.Regular, rundir.Regular), scoreCurves(r.EMA, rundir.EMA)))
	}
	return nil
}

func (e *events) add(at time.Time, step int, values []tensorboard.Scalar) error {
	if len(values) == 0 {
		return nil
	}
	return e.log.AppendRecord(tensorboard.Scalars(at, int64(step), values))
}

// stepCurves are the numbers of a record of training.
func stepCurves(r rundir.Step) []tensorboard.Scalar {
	return []tensorboard.Scalar{
		{Tag: "loss/total", Value: float32(r.Loss)},
		{Tag: "loss/positive", Value: float32(r.Positive)},
		{Tag: "loss/negative", Value: float32(r.Negative)},
		{Tag: "loss/unknown", Value: float32(r.Unknown)},
		{Tag: "dropped/prior", Value: float32(r.DroppedPrior)},
		{Tag: "dropped/topk", Value: float32(r.DroppedTopK)},
		{Tag: "dropped/either", Value: float32(r.Dropped)},
		{Tag: "schedule/learning_rate", Value: float32(r.LR)},
	}
}

// scoreCurves are the scores of one set of weights that are defined, as map_partial/ema.
func scoreCurves(s rundir.Scores, source string) []tensorboard.Scalar {
	var out []tensorboard.Scalar
	for name, v := range s.ByName() {
		if v != nil {
			out = append(out, tensorboard.Scalar{Tag: name + "/" + source, Value: float32(*v)})
		}
	}
	slices.SortFunc(out, func(a, b tensorboard.Scalar) int { return strings.Compare(a.Tag, b.Tag) })
	return out
}

// length is how many bytes there are.
func (e *events) length() int64 {
	if e == nil {
		return 0
	}
	return e.log.Length()
}

func (e *events) sync() error {
	if e == nil {
		return nil
	}
	return e.log.Sync()
}

func (e *events) close() error {
	if e == nil {
		return nil
	}
	return e.log.Close()
}
