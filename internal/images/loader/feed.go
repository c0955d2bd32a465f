package loader

import (
	"fmt"

	"csl/internal/images"
	"csl/internal/images/codec"
	"csl/internal/images/source"
	"csl/internal/images/transform"
)

// Feed brings samples as images of one size: from their files (Files) or from a Cache. Its
// methods may be called from several goroutines.
type Feed interface {
	// Size is the width and height of every image.
	Size() (w, h int)
	// Image makes dst the image of a sample, which is called name; s is the calling
	// goroutine's scratch memory.
	Image(sample int, name string, dst *images.RGB, s *Scratch) error
}

// Scratch is memory that a goroutine keeps between images. The zero value is ready to use.
type Scratch struct {
	// File is memory for a file's content.
	File    []byte
	full    images.RGB // as decoded
	tmp     images.RGB // for augmentation
	decoder codec.Decoder
	resizer transform.Resizer
}

// Decode makes dst the image in data at w x h pixels. Rows are resized as they are decoded, so that the whole image is
// never in memory but where it has to be turned.
func (s *Scratch) Decode(dst *images.RGB, data []byte, o codec.Options, w, h int, f transform.Filter) (codec.Info, error) {
	o.TargetWidth = w
	info, err := codec.Inspect(data, o)
	switch {
	case err != nil:
		return info, err
	case o.InRows(info):
		defer o.Reserve(info)()
		s.resizer.Begin(dst, info.Width, info.Height, w, h, f)
		if err = s.decoder.Rows(&s.resizer, data, info); err == nil {
			s.resizer.End()
		}
	default:
		if info, err = s.decoder.DecodeInto(&s.full, data, o); err == nil {
			s.resizer.Resize(dst, &s.full, w, h, f)
		}
	}
	s.release()
	return info, err
}

// release gives up memory that only a rare, huge image needed.
func (s *Scratch) release() {
	const keep = 64 << 20
	if cap(s.full.Pix) > keep {
		s.full = images.RGB{}
	}
	if cap(s.File) > keep {
		s.File = nil
	}
	s.resizer.Release(keep)
}

// Files is the Feed that reads, decodes and resizes the images of a source.
type Files struct {
	Source source.Source    // where images are read
	Decode codec.Options    // how images are decoded
	W, H   int              // size to squash to, pixels
	Filter transform.Filter // of resizing
}

// Size returns W and H.
func (f *Files) Size() (w, h int) { return f.W, f.H }

// Image reads, decodes and resizes the image called name.
func (f *Files) Image(_ int, name string, dst *images.RGB, s *Scratch) error {
	key, err := f.Source.Resolve(name)
	if err != nil {
		return err
	}
	data, err := f.Source.ReadFile(key, s.File)
	if err != nil {
		return fmt.Errorf("image %q: %w", name, err)
	}
	s.File = data
	if _, err := s.Decode(dst, data, f.Decode, f.W, f.H, f.Filter); err != nil {
		return fmt.Errorf("image %q: %w", name, err)
	}
	return nil
}
