package labels

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// sniffed is how much of a file is looked at to tell its format.
const sniffed = 64 << 10

// openText opens a file and unpacks it if it is gzip. Reading ends with ctx.
func openText(ctx context.Context, path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%q is a folder: name the annotation file in it", path)
	}
	b := bufio.NewReaderSize(f, 1<<20)
	if magic, _ := b.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return text{ctx, b, f}, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("unpack %q: %w", path, err)
	}
	return text{ctx, z, f}, nil
}

// text is a stream that ends with a context.
type text struct {
	ctx context.Context
	io.Reader
	io.Closer
}

func (t text) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	return t.Reader.Read(p)
}

// sniff tells the format of annotations by their first bytes, and says in
// words what else a file may be that is none. The reader it returns starts
// after a byte order mark.
func sniff(r io.Reader) (*bufio.Reader, Format, error) {
	b := bufio.NewReaderSize(r, sniffed)
	head, err := b.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, Auto, cutShort(err)
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = b.Discard(3) // these bytes were just peeked
		head = head[3:]
	}
	start := bytes.TrimLeft(head, " \t\r\n")
	if err := foreign(start); err != nil {
		return nil, Auto, err
	}
	if start[0] == '{' {
		f, err := sniffJSON(start)
		return b, f, err
	}
	return b, sniffCSV(start), nil
}

// foreign recognises what is not an annotation file at all.
func foreign(start []byte) error {
	switch {
	case len(start) == 0:
		return errors.New("the file is empty")
	case bytes.HasPrefix(start, []byte("version https://git-lfs")):
		return errors.New("this is a Git LFS pointer, not the data: fetch it with \"git lfs pull\"")
	case start[0] == '<':
		return errors.New("this is an HTML or XML page, not annotations: the download went wrong")
	case start[0] == '[':
		return errors.New("the file starts with a JSON list; COCO instances are an object with \"images\", \"annotations\" and \"categories\"")
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return errors.New("this is a zip archive: unpack it first")
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return errors.New("the text is UTF-16: save it as UTF-8")
	case bytes.IndexByte(start, 0) >= 0:
		return errors.New("this is a binary file, not annotations")
	}
	return nil
}

// sniffJSON goes by the keys of the first object.
func sniffJSON(start []byte) (Format, error) {
	d := json.NewDecoder(bytes.NewReader(start))
	_, _ = d.Token() // the brace
	for {
		key, err := d.Token()
		if err != nil || key == json.Delim('}') {
			break
		}
		switch key {
		case "image", "positive", "negative":
			return JSONL, nil
		case "info", "licenses", "images", "annotations", "categories":
			return COCO, nil
		}
		var skip json.RawMessage
		if d.Decode(&skip) != nil {
			return COCO, nil // a value longer than what is peeked, or an error that the reader will name
		}
	}
	return Auto, errors.New("the JSON has none of the keys of COCO or LVIS (images, annotations, categories) or of JSONL (image, positive, negative)")
}

// sniffCSV goes by the names in the first line.
func sniffCSV(start []byte) Format {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	fields, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err == nil && columnOf(fields, "ImageID") >= 0 && columnOf(fields, "LabelName") >= 0 {
		return OpenImages
	}
	return CSV
}

// columnOf is the number of the column of that name, or -1.
func columnOf(header []string, name string) int {
	for i, h := range header {
		if strings.EqualFold(strings.TrimSpace(h), name) {
			return i
		}
	}
	return -1
}

// cutShort says in words that the input ended too early.
func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is cut short: %w", err)
	}
	return err
}

// clip shortens a value for an error message.
func clip(s string) string {
	const most = 80
	if !utf8.ValidString(s) || len(s) <= most {
		return s[:min(len(s), most)]
	}
	for i := range s {
		if i > most {
			return s[:i] + "..."
		}
	}
	return s
}
