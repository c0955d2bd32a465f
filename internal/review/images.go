package review

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"image/png"
	"sync"

	"csl/internal/images/codec"
	"csl/internal/images/source"
	"csl/internal/images/transform"
	"csl/internal/lfs"
)

// Sizes of images: the longer side in pixels, at most.
const (
	largeSide = 1600
	smallSide = 480
)

const (
	jpegQuality = 92
	pngPixels   = 128 * 128 // up to so many pixels an image is sent without loss
	maxFile     = 512 << 20 // bytes of an image file
)

// gallery serves the images of the list. All are decoded as the model sees them, but upright, and encoded anew, so that
// browsers can show every format and no byte of a file reaches them.
type gallery struct {
	names  []string // of the images, by number
	source source.Source
	decode codec.Options
	slots  chan struct{} // how many are decoded at a time
	once   []sync.Once   // one report per image
	report func(problem error)
}

func newGallery(names []string, src source.Source, decode codec.Options, atATime int, report func(error)) *gallery {
	decode.EXIFOrientation = true
	return &gallery{names: names, source: src, decode: decode, slots: make(chan struct{}, max(1, atATime)), once: make([]sync.Once, len(names)), report: report}
}

// image is image n as a browser shows it, no side longer than side pixels: a picture that says why, if it cannot be read.
// The error is that of ctx.
func (g *gallery) image(ctx context.Context, n, side int) (data []byte, contentType string, err error) {
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	data, contentType, err = g.encode(n, side)
	if err != nil {
		g.once[n].Do(func() { g.report(err) })
		return placeholder(), "image/svg+xml", nil
	}
	return data, contentType, nil
}

func (g *gallery) encode(n, side int) ([]byte, string, error) {
	name := g.names[n]
	key, err := g.source.Resolve(name)
	if err != nil {
		return nil, "", err
	}
	stamp, err := g.source.Stat(key)
	if err != nil {
		return nil, "", fmt.Errorf("image %q: %w", name, err)
	}
	if stamp.Size > maxFile {
		return nil, "", fmt.Errorf("image %q: %d bytes, more than %d", name, stamp.Size, maxFile)
	}
	file, err := g.source.ReadFile(key, nil)
	if err != nil {
		return nil, "", fmt.Errorf("image %q: %w", name, err)
	}
	if lfs.IsPointer(file) {
		return nil, "", fmt.Errorf("image %q: %w", name, lfs.ErrPointer)
	}
	m, _, err := codec.Decode(file, g.decode)
	if err != nil {
		return nil, "", fmt.Errorf("image %q: %w", name, err)
	}
	if most := max(m.W, m.H); most > side {
		m = transform.Resize(m, max(1, m.W*side/most), max(1, m.H*side/most), transform.Bilinear)
	}
	var b bytes.Buffer
	if m.W*m.H <= pngPixels {
		err = png.Encode(&b, m.NRGBA())
		return b.Bytes(), "image/png", err
	}
	err = jpeg.Encode(&b, m.NRGBA(), &jpeg.Options{Quality: jpegQuality})
	return b.Bytes(), "image/jpeg", err
}

// placeholder stands for an image that cannot be shown. Why is on standard error, as it may hold paths.
func placeholder() []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360" viewBox="0 0 640 360"><rect width="640" height="360" fill="#5c5c66"/>
<g fill="#fff" font-family="sans-serif" text-anchor="middle"><text x="320" y="170" font-size="26">This image cannot be shown</text>
<text x="320" y="210" font-size="19">The terminal says why. Skip it, or answer unsure.</text></g></svg>
`)
}

// missing are the images that the source does not have, the first few by name.
func (g *gallery) missing(ctx context.Context) (n int, first error) {
	for _, name := range g.names {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if _, err := g.source.Resolve(name); err != nil {
			if n++; first == nil {
				first = err
			}
		}
	}
	return n, first
}
