package infer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"csl/internal/images"
	"csl/internal/images/codec"
	"csl/internal/images/loader"
	"csl/internal/images/source"
	"csl/internal/images/transform"
	"csl/internal/regular"
)

// maxFile is the largest image file read, in bytes: a bound on memory, far above real images.
const maxFile = 1 << 30

// feed reads, decodes and resizes images by their paths. It is the loader's list of samples as well:
// images without labels.
type feed struct {
	paths    []string
	archives *source.Archives
	decode   codec.Options
	w, h     int
	filter   transform.Filter

	mu       sync.Mutex
	animated map[int]bool // samples of which only the first frame was taken
	rotated  int          // images stored rotated that are not turned
}

func newFeed(o Options) *feed {
	m := o.Model
	return &feed{paths: o.Images, archives: o.Archives, decode: m.decode(o.Limits), w: m.Width, h: m.Height, filter: m.Filter, animated: map[int]bool{}}
}

// Limits bound the images that are decoded; the zero value means the defaults of package codec.
type Limits struct {
	MaxPixels int64         // larger images are refused
	Memory    *codec.Memory // what decoding may take, for all users of it together
}

// decode is how images are decoded for the model.
func (m *Model) decode(l Limits) codec.Options {
	return codec.Options{MaxPixels: l.MaxPixels, Memory: l.Memory, EXIFOrientation: m.EXIFOrientation}
}

func (f *feed) Len() int               { return len(f.paths) }
func (f *feed) NumClasses() int        { return 0 }
func (f *feed) ImageName(i int) string { return f.paths[i] }
func (f *feed) Row(int, []int8)        {}
func (f *feed) Size() (w, h int)       { return f.w, f.h }

// Image makes dst the input made of sample i. Errors do not name the image.
func (f *feed) Image(i int, _ string, dst *images.RGB, s *loader.Scratch) (err error) {
	if s.File, err = readFile(f.paths[i], f.archives, s.File); err != nil {
		return err
	}
	info, err := s.Decode(dst, s.File, f.decode, f.w, f.h, f.filter)
	if err != nil {
		return err
	}
	f.note(i, info)
	return nil
}

// note remembers what is to be said of an image.
func (f *feed) note(i int, info codec.Info) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if info.Animated {
		f.animated[i] = true
	}
	if f.decode.LeavesRotated(info) {
		f.rotated++
	}
}

func (f *feed) isAnimated(i int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.animated[i]
}

// Image decodes a whole image as the model gets it before it is resized.
func (m *Model) Image(path string, archives *source.Archives, l Limits) (*images.RGB, error) {
	data, err := readFile(path, archives, nil)
	if err != nil {
		return nil, err
	}
	img, _, err := codec.Decode(data, m.decode(l))
	return img, err
}

// readFile reads a file, on disk or in one of archives, into buf or new memory. Of what is not a regular file, only
// streams that the process was started with are read, to their end.
func readFile(path string, archives *source.Archives, buf []byte) (data []byte, err error) {
	if data, found, err := archives.ReadFile(path, buf); found {
		return data, err
	}
	if _, err := regular.Stat(path); err != nil {
		return buf, bare(err) // without opening it: a pipe would block
	}
	f, err := os.Open(path)
	if err != nil {
		return buf, bare(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return buf, bare(err)
	}
	switch {
	case info.IsDir():
		return buf, errors.New("is a folder, not an image file")
	case info.Size() > maxFile:
		return buf, fmt.Errorf("the file has %d bytes; an image file may have %d", info.Size(), int64(maxFile))
	case !info.Mode().IsRegular():
		data, err = io.ReadAll(io.LimitReader(f, maxFile))
		return data, bare(err)
	}
	n := int(info.Size())
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if got, err := io.ReadFull(f, buf); err != nil {
		return buf, fmt.Errorf("%d of %d bytes could be read: %w", got, n, bare(err))
	}
	return buf, nil
}
