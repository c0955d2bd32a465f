// Package scores reads predictions that are already there, of csl or of any other program, to be scored against
// labels: a NumPy matrix or a CSV file of cells. What is made of them belongs in packages metric and validate.
package scores

import (
	"context"
	"fmt"
	"os"

	"csl/internal/labels"
	"csl/internal/regular"
	"csl/internal/textio"
)

// Matrix are the scores of images by classes. Its methods may be called from several goroutines.
type Matrix interface {
	// Scores reads those of classes from `first` on of an image into dst.
	Scores(image, first int, dst []float32) error
	// Close ends the use of the file.
	Close() error
}

// Open reads the scores of the images and classes of set: an .npy file, recognized by content, whose rows are the
// images and whose columns the classes, both in the order of set; else CSV with a row image,label,score for each cell,
// in any order. A file without a cell of set, or with numbers that are not finite, is an error.
func Open(ctx context.Context, path, encoding string, set *labels.Set) (Matrix, error) {
	f, matrix, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("read scores: %w", err)
	}
	if matrix {
		m, err := openNPY(f, set.Len(), set.NumClasses())
		if err != nil {
			return nil, fmt.Errorf("read scores %q: %w", path, err)
		}
		return m, nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	text, err := textio.Open(ctx, path, textio.Options{Encoding: encoding, MaxLine: textio.MaxLine})
	if err != nil {
		return nil, fmt.Errorf("read scores: %w", err)
	}
	defer text.Close() // only read
	m, err := readCSV(text, set)
	if err != nil {
		return nil, fmt.Errorf("read scores %q: %w", path, err)
	}
	return m, nil
}

// open opens a file and tells whether it is an .npy file. Its errors name the path.
func open(path string) (f *os.File, matrix bool, err error) {
	if _, err := regular.Stat(path); err != nil {
		return nil, false, err
	}
	if f, err = os.Open(path); err != nil {
		return nil, false, err
	}
	head := make([]byte, len(npyMagic))
	n, _ := f.Read(head) // a short file is no .npy file
	return f, string(head[:n]) == npyMagic, nil
}

// dense is a matrix in memory, [images, classes].
type dense struct {
	classes int
	values  []float32
}

// Scores implements Matrix.
func (d *dense) Scores(image, first int, dst []float32) error {
	copy(dst, d.values[image*d.classes+first:])
	return nil
}

// Close implements Matrix.
func (d *dense) Close() error { return nil }
