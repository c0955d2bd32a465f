package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"csl/internal/exactjson"
	"csl/internal/metric"
	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/train"
	"csl/internal/validate"
)

// Files of the sweep in the folder of a run.
const (
	recordFile    = "result.json"         // the training is complete
	bootstrapFile = "test_bootstrap.json" // the scores in draws of the test images
)

// record is what a sweep keeps of a complete training.
type record struct {
	Steps   int           `json:"steps"`   // optimizer steps
	Epochs  int           `json:"epochs"`  // completed
	Monitor string        `json:"monitor"` // the metric that chose the weights
	Source  string        `json:"source"`  // the chosen weights: rundir.Regular or rundir.EMA
	Val     rundir.Scores `json:"val"`     // their scores on the validation images
	Stopped string        `json:"stopped,omitempty"`
	Skipped int           `json:"skipped,omitempty"` // images
	// Failed says why there is no result: the loss left the finite numbers.
	Failed string `json:"failed,omitempty"`
}

// draws are a run's scores in draws of the test images.
type draws struct {
	Count int    `json:"draws"`
	Seed  uint64 `json:"seed"`
	metric.Replicates
}

// bootstrapSeed decides the draws of the test images, the same for all runs.
const bootstrapSeed = 1

// result is what is known of a run.
type result struct {
	record *record          // nil before the training's end
	test   *validate.Tested // nil before the test
	draws  *draws           // nil before the test, and without bootstrap
}

// readResult reads what the folder of a run has. A test of other data, or without the draws, counts as none.
func readResult(r *run, bootstrap int) (*result, error) {
	res := &result{}
	var err error
	if res.record, err = readJSON[record](filepath.Join(r.dir, recordFile)); err != nil || res.record == nil {
		return res, err
	}
	t, err := validate.ReadTest(r.dir)
	if err != nil || t == nil || t.Data != validate.TestDataOf(r.cfg.Data) {
		return res, err
	}
	if bootstrap > 0 {
		d, err := readJSON[draws](filepath.Join(r.dir, bootstrapFile))
		if err != nil || d == nil || d.Count != bootstrap || d.Seed != bootstrapSeed || len(d.MAPPartial) != bootstrap || len(d.MAPO) != bootstrap {
			return res, err
		}
		res.draws = d
	}
	res.test = t
	return res, nil
}

// readJSON reads a file; nil if it is not there.
func readJSON[T any](path string) (*T, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	v := new(T)
	if err == nil {
		err = exactjson.Unmarshal(text, v)
	}
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	return v, nil
}

func writeJSON(fsys safefile.FS, path string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	return safefile.WriteBytes(fsys, path, append(text, '\n'))
}

// newRecord is the record of a run that ended.
func newRecord(t train.Result) (*record, error) {
	r := &record{Steps: t.Steps, Epochs: t.Epochs, Monitor: t.Monitor, Source: t.Source, Stopped: t.Stopped, Skipped: t.Skipped}
	log, err := rundir.ReadLog(t.Dir)
	if err != nil {
		return nil, err
	}
	for _, v := range log.Validations {
		if v.Improved {
			r.Val = v.Regular
			if v.Source == rundir.EMA {
				r.Val = v.EMA
			}
		}
	}
	return r, nil
}
