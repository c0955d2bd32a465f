// Package textio opens text files that people and other programs wrote: labels, class lists, thresholds, priors,
// lists of paths. It unpacks gzip, removes a byte order mark, converts from a named encoding, makes lines of lone
// carriage returns, and refuses what is not UTF-8 or has lines that no such file has. What the text means does not
// belong here.
package textio

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"csl/internal/regular"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// MaxLine is the longest line of a table or a list, in bytes.
const MaxLine = 1 << 20

// MaxSmall is the largest file that ReadAll reads, in bytes after unpacking.
const MaxSmall = 64 << 20

// Options says how to read a text.
type Options struct {
	// Encoding is a name of the WHATWG's list (latin1, windows-1252, gbk, shift_jis, utf-16le, ...); "" and "utf-8" for
	// UTF-8, which is checked, or UTF-16 with its byte order mark.
	Encoding string
	// MaxLine is the longest line, in bytes; 0 for any.
	MaxLine int
}

// Check says whether the encoding is known.
func (o Options) Check() error {
	_, err := o.decoder()
	return err
}

// decoder is the conversion to UTF-8, nil for none.
func (o Options) decoder() (*encoding.Decoder, error) {
	switch strings.ToLower(o.Encoding) {
	case "", "utf-8", "utf8":
		return nil, nil
	case "utf-16", "utf16":
		return utf16BOM(), nil
	}
	e, err := htmlindex.Get(o.Encoding)
	if err != nil {
		return nil, fmt.Errorf("encoding %q is not known; use utf-8, utf-16, latin1, windows-1252, gbk, big5, shift_jis, euc-kr or another name of the WHATWG's list", o.Encoding)
	}
	return e.NewDecoder(), nil
}

// Open opens a file, plain or gzip. Reading ends with ctx.
func Open(ctx context.Context, path string, o Options) (*File, error) {
	f, err := regular.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(f, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%q: %w", path, err), f.Close())
	}
	return &File{r, f}, nil
}

// Reader is a checked text.
type Reader interface {
	io.Reader
	// LimitLines bounds the lines that follow, in bytes, once it is known that the text has lines.
	LimitLines(bytes int)
}

// File is the checked text of a file.
type File struct {
	Reader
	io.Closer
}

// NewReader is Open for a stream.
func NewReader(r io.Reader, o Options) (Reader, error) {
	d, err := o.decoder()
	if err != nil {
		return nil, err
	}
	b := bufio.NewReaderSize(r, 1<<20)
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("unpack gzip: %w", err)
		}
		b = bufio.NewReaderSize(z, 1<<20)
	}
	if d != nil {
		b = bufio.NewReaderSize(d.Reader(b), 1<<20)
	}
	head, err := b.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, CutShort(err)
	}
	if d == nil && isUTF16(head) {
		b = bufio.NewReaderSize(utf16BOM().Reader(b), 1<<20)
		if head, err = b.Peek(64 << 10); err != nil && !errors.Is(err, io.EOF) {
			return nil, CutShort(err)
		}
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = b.Discard(3) // these bytes were just peeked
		head = head[3:]
	}
	if err := foreign(head); err != nil {
		return nil, err
	}
	return &checked{r: b, max: o.MaxLine, line: 1, lone: bytes.IndexByte(head, '\r') >= 0 && bytes.IndexByte(head, '\n') < 0}, nil
}

// ReadAll reads a whole file of at most MaxSmall bytes.
func ReadAll(ctx context.Context, path string, o Options) (string, error) {
	f, err := Open(ctx, path, o)
	if err != nil {
		return "", err
	}
	defer f.Close() // only read
	data, err := io.ReadAll(io.LimitReader(f, MaxSmall+1))
	if err != nil {
		return "", fmt.Errorf("%q: %w", path, err)
	}
	if len(data) > MaxSmall {
		return "", fmt.Errorf("%q: it has more than %d bytes", path, MaxSmall)
	}
	return string(data), nil
}

// CutShort says in words that the input ended too early.
func CutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is cut short: %w", err)
	}
	return err
}
