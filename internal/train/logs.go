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

// logs are the two growing files of a run: metrics, without clock values, and timings.
type logs struct {
	metrics, timings *safefile.Log
	start, last      time.Time
}

// openLogs opens both, cut to the given lengths; -1 keeps all.
func openLogs(fsys safefile.FS, dir string, metrics, timings int64) (*logs, error) {
	m, err := safefile.OpenLog(fsys, filepath.Join(dir, rundir.Metrics), metrics)
	if err != nil {
		return nil, err
	}
	t, err := safefile.OpenLog(fsys, filepath.Join(dir, rundir.Timings), timings)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	now := time.Now()
	return &logs{metrics: m, timings: t, start: now, last: now}, nil
}

// record appends a record of metrics and, beside it, how long its interval took for that many
// images.
func (l *logs) record(r any, kind string, step, images int) error {
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
	line, err = json.Marshal(rundir.Timing{
		Kind: kind, Step: step, Seconds: took, Rate: float64(images) / max(took, 1e-9), Elapsed: now.Sub(l.start).Seconds(),
	})
	if err != nil {
		return err
	}
	return l.timings.Append(line)
}

func (l *logs) sync() error {
	return errors.Join(l.metrics.Sync(), l.timings.Sync())
}

func (l *logs) close() error {
	return errors.Join(l.metrics.Close(), l.timings.Close())
}
