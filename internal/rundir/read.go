package rundir

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"csl/internal/exactjson"
)

// Log is the parsed metrics of a run, in file order.
type Log struct {
	Steps       []Step       // records of training
	Validations []Validation // records of validation
}

// maxLine bounds one record; a longer line is an error.
const maxLine = 1 << 20

// ReadLog reads the metrics of the run in dir. A last line cut short by a killed writer is left
// out; any other malformed line is an error naming file and line.
func ReadLog(dir string) (Log, error) {
	var log Log
	path := filepath.Join(dir, Metrics)
	err := eachLine(path, func(line []byte) error {
		var head struct {
			Kind string `json:"kind"`
		}
		if err := exactjson.Unmarshal(line, &head); err != nil {
			return err
		}
		switch head.Kind {
		case KindStep:
			return appendRecord(&log.Steps, line)
		case KindValidation:
			return appendRecord(&log.Validations, line)
		}
		return fmt.Errorf("unknown kind %q", head.Kind)
	})
	return log, err
}

// ReadTimings reads the clock's records of the run in dir; a run without any gives none.
func ReadTimings(dir string) ([]Timing, error) {
	var out []Timing
	err := eachLine(filepath.Join(dir, Timings), func(line []byte) error {
		return appendRecord(&out, line)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

func appendRecord[T any](to *[]T, line []byte) error {
	var r T
	if err := exactjson.Unmarshal(line, &r); err != nil {
		return err
	}
	*to = append(*to, r)
	return nil
}

func eachLine(path string, use func([]byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, maxLine)
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil // a line without its end was cut short
		}
		if err != nil {
			return fmt.Errorf("read %q line %d: %w", path, n, err)
		}
		if err := use(line); err != nil {
			return fmt.Errorf("read %q line %d: %w", path, n, err)
		}
	}
}
