package images

import "fmt"

// Feed brings samples as images of one size: from their files (Files) or from a Cache. Its
// methods may be called from several goroutines.
type Feed interface {
	// Size is the width and height of every image.
	Size() (w, h int)
	// Image makes dst the image of a sample, which is called name; s is the calling
	// goroutine's scratch memory.
	Image(sample int, name string, dst *RGB, s *Scratch) error
}

// Scratch is memory that a goroutine keeps between images. The zero value is ready to use.
type Scratch struct {
	file    []byte
	full    RGB // as decoded
	tmp     RGB // for augmentation
	resizer Resizer
}

// Files is the Feed that reads, decodes and resizes the images of a source.
type Files struct {
	Source Source
	Decode DecodeOptions
	W, H   int // size to squash to, pixels
	Filter Filter
}

// Size returns W and H.
func (f *Files) Size() (w, h int) { return f.W, f.H }

// Image reads, decodes and resizes the image called name.
func (f *Files) Image(_ int, name string, dst *RGB, s *Scratch) error {
	key, err := f.Source.Resolve(name)
	if err != nil {
		return err
	}
	data, err := f.Source.ReadFile(key, s.file)
	if err != nil {
		return fmt.Errorf("image %q: %w", name, err)
	}
	s.file = data
	return f.img(name, data, dst, s)
}

// image decodes and resizes the content of a file.
func (f *Files) img(name string, data []byte, dst *RGB, s *Scratch) error {
	if _, err := DecodeInto(&s.full, data, f.Decode); err != nil {
		return fmt.Errorf("image %q: %w", name, err)
	}
	s.resizer.Resize(dst, &s.full, f.W, f.H, f.Filter)
	s.shrink()
	return nil
}

// shrink lets go of memory that only a rare, huge image needed.
func (s *Scratch) shrink() {
	const keep = 64 << 20
	if cap(s.full.Pix) > keep {
		s.full = RGB{}
	}
	if cap(s.resizer.tmp.Pix) > keep {
		s.resizer.tmp = RGB{}
	}
	if cap(s.file) > keep {
		s.file = nil
	}
}
