package dataset

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"csl/internal/images"
	"csl/internal/images/codec"
	"csl/internal/images/loader"
	"csl/internal/images/transform"
	"csl/internal/parallel"
)

// Content is what an image file holds.
type Content struct {
	Sum           [sha256.Size]byte // digest of the file
	Width, Height int               // pixels; 0 where the header cannot be read
	// Look is a perceptual hash, and Err what is wrong with the pixels. They are set only where looks are asked for.
	Look uint64
	Err  error
}

// Contents reads the image files of the split, in the order of its images. looks decodes them, too. workers 0 means
// GOMAXPROCS. After each image progress is called, by several goroutines.
func (c *Split) Contents(ctx context.Context, workers int, decode codec.Options, looks bool, progress func()) ([]Content, error) {
	type memory struct {
		file  []byte
		image loader.Scratch
	}
	n := c.Set.Len()
	contents := make([]Content, n)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	pool := sync.Pool{New: func() any { return new(memory) }}
	err := parallel.Each(ctx, n, workers, func(_, i int) {
		m := pool.Get().(*memory)
		defer pool.Put(m)
		var err error
		if m.file, err = c.read(i, m.file); err != nil {
			stop(err)
			return
		}
		contents[i].measure(m.file)
		if looks {
			contents[i].look(m.file, decode, &m.image)
		}
		progress()
	})
	if err != nil {
		return nil, err
	}
	return contents, nil
}

// measure takes digest and size.
func (k *Content) measure(data []byte) {
	k.Sum = sha256.Sum256(data)
	if info, err := codec.DecodeHeader(data); err == nil {
		k.Width, k.Height = info.Width, info.Height
	}
}

// Sides of the image that [Content.Look] compares: of each row eight neighbours.
const (
	lookWidth  = 9
	lookHeight = 8
)

// look takes the difference hash: a bit for each two neighbours of a row of the image at 9x8 grey pixels, set where the
// right one is brighter. Resizing, recompression and changes of brightness turn few bits.
func (k *Content) look(data []byte, decode codec.Options, scratch *loader.Scratch) {
	var small images.RGB
	if _, k.Err = scratch.Decode(&small, data, decode, lookWidth, lookHeight, transform.Bilinear); k.Err != nil {
		return
	}
	grey := func(i int) int {
		p := small.Pix[3*i:]
		return 299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])
	}
	for y := range lookHeight {
		for x := range lookWidth - 1 {
			k.Look <<= 1
			if i := y*lookWidth + x; grey(i+1) > grey(i) {
				k.Look |= 1
			}
		}
	}
}

// read reads the file of image i into buf or new memory.
func (c *Split) read(i int, buf []byte) ([]byte, error) {
	name := c.Set.ImageName(i)
	key, err := c.Source.Resolve(name)
	if err == nil {
		buf, err = c.Source.ReadFile(key, buf)
	}
	if err != nil {
		return buf, fmt.Errorf("image %q: %w", name, err)
	}
	return buf, nil
}
