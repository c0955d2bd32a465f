package review

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"csl/internal/regular"
	"csl/internal/safefile"
)

// columns are those of the file of answers.
func columns() []string { return []string{"image", "label", "value", "time", "source"} }

// record is one row of the file.
type record struct {
	image, class string
	answer       Answer
	source       string
}

// file is the file of answers. It only grows.
type file struct {
	log  *safefile.Log
	lock *safefile.Lock
}

// openFile opens or makes the file and calls each for every row of it. What a torn last row holds, which nobody was told
// was saved, is cut off. Another process that has the file open is an error.
func openFile(fsys safefile.FS, path string, each func(record)) (*file, error) {
	lock, err := safefile.LockFile(path)
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	f := &file{lock: lock}
	length, err := replay(path, each)
	if err == nil {
		f.log, err = safefile.OpenLog(fsys, path, length)
	}
	if err == nil && length == 0 {
		err = f.log.AppendSync([]byte(strings.Join(columns(), ",")))
	}
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// replay reads the rows of the file and returns the length of its whole lines; 0 if there is none.
func replay(path string, each func(record)) (int64, error) {
	if _, err := regular.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, fmt.Errorf("read answers: %w; name another file, which is made if it is missing", err)
	}
	in, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("read answers: %w", err)
	}
	defer in.Close()
	length, err := wholeLines(in)
	if err == nil && length > 0 {
		err = readRows(io.NewSectionReader(in, 0, length), each)
	}
	if err != nil {
		return 0, fmt.Errorf("read answers %q: %w", path, err)
	}
	return length, nil
}

// wholeLines is the length of a file up to its last line break. A row is one line, as names have no line breaks.
func wholeLines(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 1<<16)
	for end := info.Size(); end > 0; {
		from := max(0, end-int64(len(buf)))
		part := buf[:end-from]
		if _, err := f.ReadAt(part, from); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	if info.Size() > 1<<10 { // a header is shorter
		return 0, errors.New("it is not a file of answers: it has no line breaks; name another file")
	}
	return 0, nil
}

func readRows(in io.Reader, each func(record)) error {
	r := csv.NewReader(in)
	r.ReuseRecord, r.FieldsPerRecord = true, -1
	header, err := r.Read()
	if err != nil || !slices.Equal(header, columns()) {
		return fmt.Errorf("it is not a file of answers: its first line is not %q; name another file, which is made if it is missing", strings.Join(columns(), ","))
	}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		if len(rec) != len(columns()) {
			return fmt.Errorf("line %d: %d fields, want %d", line, len(rec), len(columns()))
		}
		a, err := parseValue(rec[2])
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		each(record{rec[0], rec[1], a, rec[4]})
	}
}

// append writes rows and returns when they are on disk: all of them or, after an error, none.
func (f *file) append(now time.Time, rows []record) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	stamp := now.UTC().Format("2006-01-02T15:04:05.000Z")
	for _, r := range rows {
		_ = w.Write([]string{r.image, r.class, r.answer.value(), stamp, r.source}) // into memory
	}
	w.Flush()
	if _, err := f.log.Restore(); err != nil {
		return err
	}
	return f.log.AppendSync(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
}

func (f *file) close() error {
	var err error
	if f.log != nil {
		err = f.log.Close()
	}
	return errors.Join(err, f.lock.Unlock())
}
