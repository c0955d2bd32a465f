// Package scores reads predictions that are already there, of csl or of any other program, to be scored against
// labels: a NumPy matrix or a CSV file of cells. What is made of them belongs in packages metric and validate.
package scores

import (
	"context"
	"fmt"
	"os"

	"csl/internal/labels"
	"csl/internal/regular"
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
	if _, err := regular.Stat(path); err != nil {
		return nil, fmt.Errorf("read scores: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read scores: %w", err)
	}
	head := make([]byte, len(npyMagic))
	n, _ := f.Read(head) // a short file is no .npy file
	if string(head[:n]) == npyMagic {
		m, err := openNPY(f, set.Len(), set.NumClasses())
		if err != nil {
			return nil, fmt.Errorf("read scores %q: %w", path, err)
		}
		return m, nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	m, err := readCSV(ctx, path, encoding, set)
	if err != nil {
		return nil, fmt.Errorf("read scores %q: %w", path, err)
	}
	return m, nil
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
