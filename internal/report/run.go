package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"csl/internal/config"
	"csl/internal/rundir"
)

// run is one training run as its folder tells it.
type run struct {
	dir     string
	name    string // short, unique among the runs
	cfg     *config.Config
	text    string // the resolved configuration as it is in the folder
	log     rundir.Log
	seconds float64            // the clock's time of all intervals, those before a resume included
	best    *rundir.Validation // the validation that best.safetensors is from; nil without
	scored  *scored            // nil where the best weights could not be scored
	missing []string           // what the page lacks of this run
}

// loadRuns reads the folders in order.
func loadRuns(dirs []string) ([]*run, error) {
	var runs []*run
	bases := map[string]int{}
	seen := map[string]bool{}
	for _, dir := range dirs {
		clean := filepath.Clean(dir)
		if seen[clean] {
			return nil, fmt.Errorf("report: run %q is given twice", dir)
		}
		seen[clean] = true
		r, err := loadRun(clean)
		if err != nil {
			return nil, err
		}
		bases[filepath.Base(clean)]++
		runs = append(runs, r)
	}
	for _, r := range runs {
		r.name = filepath.Base(r.dir)
		if bases[r.name] > 1 || r.name == "." {
			r.name = filepath.ToSlash(r.dir)
		}
	}
	return runs, nil
}

// loadRun reads one folder.
func loadRun(dir string) (*run, error) {
	r := &run{dir: dir}
	path := filepath.Join(dir, rundir.Config)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, fmt.Errorf("report: %q: not a run directory: it has no %s", dir, rundir.Config)
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	r.text = string(text)
	if r.cfg, err = config.ReadFile(path); err != nil {
		return nil, err
	}
	r.log, err = rundir.ReadLog(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	timings, err := rundir.ReadTimings(dir)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	for _, t := range timings {
		r.seconds += t.Seconds
	}
	for i := range r.log.Validations {
		if v := &r.log.Validations[i]; v.Improved && v.Best != nil {
			r.best = v
		}
	}
	return r, nil
}

// lack notes, on one line, what the page will not have of this run.
func (r *run) lack(format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")
	r.missing = append(r.missing, r.name+": "+text)
}

// planned is how many epochs the run was to have.
func (r *run) planned() int {
	return r.cfg.Schedule.Trained()
}

// epochs is how many epochs were completed: those that end with a validation or, without
// validation data, that have a later one behind them or are the last.
func (r *run) epochs() int {
	if n := len(r.log.Validations); n > 0 {
		return r.log.Validations[n-1].Epoch + 1
	}
	n := len(r.log.Steps)
	if n == 0 {
		return 0
	}
	last := r.log.Steps[n-1].Epoch
	if _, err := os.Stat(filepath.Join(r.dir, rundir.Best)); err == nil && last+1 == r.planned() {
		return last + 1
	}
	return last
}

// steps is how many optimizer steps were logged.
func (r *run) steps() int {
	n := 0
	if k := len(r.log.Steps); k > 0 {
		n = r.log.Steps[k-1].Step
	}
	if k := len(r.log.Validations); k > 0 {
		n = max(n, r.log.Validations[k-1].Step)
	}
	return n
}

// bestScores are the scores of the best weights.
func (r *run) bestScores() rundir.Scores {
	switch {
	case r.best == nil:
		return rundir.Scores{}
	case r.best.Source == rundir.EMA:
		return r.best.EMA
	}
	return r.best.Regular
}

// bestOf is the run with the highest best value, the first of equals; -1 if none has one. Runs that
// watched different metrics are compared by mAP(C).
func bestOf(runs []*run) int {
	same := true
	for _, r := range runs {
		same = same && r.cfg.Train.Monitor == runs[0].cfg.Train.Monitor
	}
	at, top := -1, 0.0
	for i, r := range runs {
		if r.best == nil {
			continue
		}
		v := r.best.Best
		if !same {
			v = r.bestScores().MAPPartial
		}
		if v != nil && (at < 0 || *v > top) {
			at, top = i, *v
		}
	}
	return at
}
