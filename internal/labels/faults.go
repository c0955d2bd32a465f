package labels

import (
	"errors"
	"io"

	"csl/internal/textio"
)

// faults gathers the errors of rows or entries, so that a reader can name several before it stops. What is wrong with
// the syntax of a file, so that reading cannot continue, is not a fault.
type faults struct {
	most int // errors to gather; less than 2: the first one ends reading
	errs []error
}

// errFull ends reading when there is no room for another fault; [faults.end] puts what was gathered in its place.
var errFull = errors.New("too many errors")

// full takes an error and tells whether there is no room for another one.
func (f *faults) full(err error) bool {
	f.errs = append(f.errs, err)
	return len(f.errs) >= f.most
}

// stop is full for what is read by callbacks: errFull ends them.
func (f *faults) stop(err error) error {
	if f.full(err) {
		return errFull
	}
	return nil
}

// end is what reading by callbacks ends with, given the error that they ended with.
func (f *faults) end(err error) error {
	if errors.Is(err, errFull) {
		return f.err()
	}
	return f.with(err)
}

// note takes an error, which may be nil. It returns what ends reading: nil as long as there is room for more.
func (f *faults) note(err error) error {
	if err == nil {
		return nil
	}
	if f.full(err) {
		return f.err()
	}
	return nil
}

// eachRow has row read each record of r, and returns what ends reading before the end of the file.
func (f *faults) eachRow(r *rowReader, row func(rec [][]byte) error) error {
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return f.err()
		}
		if err != nil {
			return f.with(textio.CSVError(err))
		}
		if isBlank(rec) {
			continue
		}
		if err := row(rec); err != nil {
			if err = f.note(err); err != nil {
				return err
			}
		}
	}
}

// with is an error that ends reading behind what was gathered before; nil if there is none.
func (f *faults) with(err error) error {
	if len(f.errs) == 0 {
		return err
	}
	return errors.Join(append(f.errs, err)...)
}

// err is what was gathered, one line each; nil for nothing.
func (f *faults) err() error {
	if len(f.errs) == 1 {
		return f.errs[0]
	}
	return errors.Join(f.errs...)
}
