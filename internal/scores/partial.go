package scores

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sort"

	"csl/internal/labels"
	"csl/internal/textio"
)

// Partial are probabilities of some cells, from any model. Those of a CSV file are in memory, 16 bytes per
// cell; those of an .npy file stay in the file. Its methods may be called from several goroutines.
type Partial struct {
	path     string
	set      *labels.Set
	file     *npyFile // nil for CSV
	cells    []cell   // ascending
	Others   int      // rows of other images and classes, which are skipped
	Checksum string   // SHA-256 of the file, hexadecimal
}

// cell is a score; at is image times classes plus class.
type cell struct {
	at    uint64
	score float32
}

// OpenPartial reads scores as [Open] does, but for cells without one: those that a CSV file does not mention,
// and NaN in an .npy file. Scores are from 0 to 1; those of an .npy file are checked when they are read.
func OpenPartial(ctx context.Context, path, encoding string, set *labels.Set) (*Partial, error) {
	p := &Partial{path: path, set: set}
	if err := p.open(ctx, encoding); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Partial) open(ctx context.Context, encoding string) error {
	f, matrix, err := open(p.path)
	if err != nil {
		return fmt.Errorf("read scores: %w", err)
	}
	if p.Checksum, err = checksum(ctx, f); err != nil {
		return p.wrong(errors.Join(err, f.Close()))
	}
	if matrix {
		if p.file, err = openNPY(f, p.set.Len(), p.set.NumClasses()); err != nil {
			return p.wrong(err)
		}
		return nil
	}
	if err := f.Close(); err != nil {
		return err
	}
	return p.readCSV(ctx, encoding)
}

// wrong names the file that err is about.
func (p *Partial) wrong(err error) error { return fmt.Errorf("read scores %q: %w", p.path, err) }

// checksum is the SHA-256 of all of f.
func checksum(ctx context.Context, f *os.File) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	sum := sha256.New()
	for {
		_, err := io.CopyN(sum, f, 64<<20)
		if err == nil {
			err = ctx.Err()
		}
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// rows calls use for the rows of the CSV file.
func (p *Partial) rows(ctx context.Context, encoding string, use func(row) error) error {
	f, err := textio.Open(ctx, p.path, textio.Options{Encoding: encoding, MaxLine: textio.MaxLine})
	if err != nil {
		return fmt.Errorf("read scores: %w", err)
	}
	defer f.Close() // only read
	if p.Others, err = eachRow(f, p.set, use); err != nil {
		return p.wrong(err)
	}
	return nil
}

func (p *Partial) readCSV(ctx context.Context, encoding string) error {
	classes := uint64(p.set.NumClasses())
	at := func(r row) uint64 { return uint64(r.image)*classes + uint64(r.class) }
	err := p.rows(ctx, encoding, func(r row) error {
		if !(r.score >= 0 && r.score <= 1) {
			return fmt.Errorf("line %d: score %q: want a probability from 0 to 1", r.line, r.fields[2])
		}
		p.cells = append(p.cells, cell{at(r), float32(r.score)})
		return nil
	})
	if err != nil {
		return err
	}
	if len(p.cells) == 0 {
		return p.wrong(fmt.Errorf("none of its %d rows is of an image and a class of the labels", p.Others))
	}
	byPlace := func(a, b cell) int { return cmp.Compare(a.at, b.at) }
	if !slices.IsSortedFunc(p.cells, byPlace) {
		slices.SortFunc(p.cells, byPlace)
	}
	for i := 1; i < len(p.cells); i++ {
		if p.cells[i].at == p.cells[i-1].at {
			return p.second(ctx, encoding, func(r row) bool { return at(r) == p.cells[i].at })
		}
	}
	return nil
}

// second is the error of a cell that has two scores.
func (p *Partial) second(ctx context.Context, encoding string, same func(row) bool) error {
	n := 0
	return p.rows(ctx, encoding, func(r row) error {
		if same(r) {
			n++
		}
		if n == 2 {
			return fmt.Errorf("line %d: a second score of image %q, class %q", r.line, r.fields[0], r.fields[1])
		}
		return nil
	})
}

// Row reads the scores of an image, one per class; NaN where there is none.
func (p *Partial) Row(image int, dst []float32) error {
	if p.file != nil {
		if err := p.file.numbers(image, 0, dst); err != nil {
			return p.wrong(err)
		}
		for class, v := range dst {
			if !(v >= 0 && v <= 1) && v == v {
				return p.wrong(fmt.Errorf("row %d (image %q), column %d (class %q) is %v: want a probability from 0 to 1, or NaN for none",
					image, p.set.ImageName(image), class, p.set.Classes[class].Name, v))
			}
		}
		return nil
	}
	for i := range dst {
		dst[i] = float32(math.NaN())
	}
	first := uint64(image) * uint64(len(dst))
	for i := sort.Search(len(p.cells), func(i int) bool { return p.cells[i].at >= first }); i < len(p.cells) && p.cells[i].at < first+uint64(len(dst)); i++ {
		dst[p.cells[i].at-first] = p.cells[i].score
	}
	return nil
}

// Each calls use for every cell with a score, by image, then class. It reads all of an .npy file.
func (p *Partial) Each(ctx context.Context, use func(image, class int, score float32)) error {
	classes := p.set.NumClasses()
	if p.file == nil {
		for _, c := range p.cells {
			use(int(c.at/uint64(classes)), int(c.at%uint64(classes)), c.score)
		}
		return ctx.Err()
	}
	row := make([]float32, classes)
	for image := range p.set.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.Row(image, row); err != nil {
			return err
		}
		for class, v := range row {
			if v == v {
				use(image, class, v)
			}
		}
	}
	return nil
}

// Close ends the use of the file.
func (p *Partial) Close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
