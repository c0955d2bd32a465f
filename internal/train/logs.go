package train

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"csl/internal/rundir"
	"csl/internal/safefile"
)

// logger is what messages need of slog.Logger.
type logger interface {
	Debug(msg string, args ...any)
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

// logs are the growing files of a run: metrics, without clock values, timings and, where they are asked for, the
// same metrics for TensorBoard. The zero value drops everything.
type logs struct {
	metrics, timings *safefile.Log
	events           *events // nil without
	start, last      time.Time
}

// lengths are those of the logs, in bytes.
type lengths struct {
	Metrics int64 `json:"metrics_bytes"`          // of metrics.jsonl
	Timings int64 `json:"timing_bytes"`           // of timing.jsonl
	Events  int64 `json:"events_bytes,omitempty"` // of the file for TensorBoard; 0 without
}

// openLogs opens the logs, cut to the given lengths; -1 keeps all.
func openLogs(fsys safefile.FS, dir string, n lengths, forTensorBoard bool) (l *logs, err error) {
	now := time.Now()
	l = &logs{start: now, last: now}
	if l.metrics, err = safefile.OpenLog(fsys, filepath.Join(dir, rundir.Metrics), n.Metrics); err != nil {
		return nil, err
	}
	if l.timings, err = safefile.OpenLog(fsys, filepath.Join(dir, rundir.Timings), n.Timings); err != nil {
		return nil, errors.Join(err, l.metrics.Close())
	}
	if !forTensorBoard {
		return l, nil
	}
	if l.events, err = openEvents(fsys, dir, n.Events); err != nil {
		return nil, errors.Join(err, l.timings.Close(), l.metrics.Close())
	}
	return l, nil
}

// lengths are how far the logs have come.
func (l *logs) lengths() lengths {
	return lengths{Metrics: l.metrics.Length(), Timings: l.timings.Length(), Events: l.events.length()}
}

// record appends a record of metrics, for TensorBoard too, and beside it how long its interval took for
// that many images.
func (l *logs) record(r any, kind string, step, images int) error {
	if l.metrics == nil {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := l.metrics.Append(line); err != nil {
		return err
	}
	now := time.Now()
	took := now.Sub(l.last).Seconds()
	l.last = now
	if err := l.events.record(now, r); err != nil {
		return err
	}
	line, err = json.Marshal(rundir.Timing{
		Kind: kind, Step: step, Seconds: took, Rate: float64(images) / max(took, 1e-9), Elapsed: now.Sub(l.start).Seconds(),
	})
	if err != nil {
		return err
	}
	return l.timings.Append(line)
}

func (l *logs) sync() error {
	return errors.Join(l.metrics.Sync(), l.timings.Sync(), l.events.sync())
}

func (l *logs) close() error {
	if l.metrics == nil {
		return nil
	}
	return errors.Join(l.metrics.Close(), l.timings.Close(), l.events.close())
}
