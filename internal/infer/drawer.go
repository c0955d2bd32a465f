package infer

import (
	"context"
	"fmt"
	"image/jpeg"
	"io"
	"path/filepath"
	"sync"

	"csl/internal/images"
	"csl/internal/images/source"
	"csl/internal/images/transform"
	"csl/internal/infer/annotate"
	"csl/internal/safefile"
)

// jpegQuality is that of annotated images.
const jpegQuality = 92

// Drawer writes annotated images, several at the same time.
type Drawer struct {
	o     DrawerOptions
	files []string // per input

	ctx    context.Context
	cancel context.CancelCauseFunc
	slots  chan struct{}
	wg     sync.WaitGroup
	pool   sync.Pool // of *annotate.Painter
	done   func()    // writing in the folder has ended
}

// DrawerOptions says where annotated images go.
type DrawerOptions struct {
	Dir      string           // folder of the annotated images
	FS       safefile.FS      // where files are written
	Model    *Model           // the model in use
	Images   []string         // the inputs, for which names are found
	Archives *source.Archives // open tars
	Limits   Limits           // of decoding
	Workers  int              // images drawn at the same time, at least 1
	Nothing  string           // what is said of an image without predictions
}

// NewDrawer makes the folder. That an input would be overwritten is an error.
func NewDrawer(ctx context.Context, o DrawerOptions) (*Drawer, error) {
	d := &Drawer{o: o, slots: make(chan struct{}, max(o.Workers, 1))}
	for _, name := range annotate.Names(o.Images) {
		d.files = append(d.files, filepath.Join(o.Dir, name))
	}
	if err := d.spareInputs(); err != nil {
		return nil, err
	}
	if err := o.FS.MkdirAll(o.Dir); err != nil {
		return nil, fmt.Errorf("folder for annotated images: %w", err)
	}
	safefile.RemoveLeftovers(o.FS, o.Dir, "")
	d.done = safefile.Writing(o.Dir)
	d.ctx, d.cancel = context.WithCancelCause(ctx)
	return d, nil
}

// spareInputs makes sure that no input is a file to be written.
func (d *Drawer) spareInputs() error {
	inputs := make(map[string]bool, len(d.o.Images))
	for _, path := range d.o.Images {
		inputs[realPath(path)] = true
	}
	dir := realPath(d.o.Dir)
	for _, file := range d.files {
		if inputs[filepath.Join(dir, filepath.Base(file))] || inputs[realPath(file)] {
			return fmt.Errorf("the annotated image %q would replace an input: choose another folder", file)
		}
	}
	return nil
}

// realPath is the absolute path without links, as far as it exists.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// File is where the annotated image of a result goes.
func (d *Drawer) File(r *Result) string { return d.files[r.Number] }

// Draw starts drawing the image of a result, once one of the workers is free.
func (d *Drawer) Draw(r *Result) error {
	select {
	case d.slots <- struct{}{}:
	case <-d.ctx.Done():
		return context.Cause(d.ctx)
	}
	d.wg.Go(func() {
		defer func() { <-d.slots }()
		if err := d.draw(r); err != nil {
			d.cancel(err)
		}
	})
	return nil
}

// Close waits for all images and returns the first error.
func (d *Drawer) Close() error {
	d.wg.Wait()
	d.done()
	err := context.Cause(d.ctx)
	d.cancel(nil)
	return err
}

func (d *Drawer) draw(r *Result) error {
	img, err := d.o.Model.Image(r.Image, d.o.Archives, d.o.Limits)
	if err != nil {
		return fmt.Errorf("draw %q, which was readable before: %w", r.Image, err)
	}
	painter, ok := d.pool.Get().(*annotate.Painter)
	if !ok {
		if painter, err = annotate.NewPainter(); err != nil {
			return err
		}
	}
	defer d.pool.Put(painter)
	tags := make([]annotate.Tag, len(r.Predictions))
	for i, p := range r.Predictions {
		tags[i] = annotate.Tag{Name: p.Class, Score: p.Score, Instead: fmt.Sprintf("class %d", p.Index)}
	}
	drawn, err := painter.Paint(handy(img).NRGBA(), tags, d.o.Nothing)
	if err != nil {
		return fmt.Errorf("draw %q: %w", r.Image, err)
	}
	return safefile.Write(d.o.FS, d.File(r), func(w io.Writer) error {
		return jpeg.Encode(w, drawn, &jpeg.Options{Quality: jpegQuality})
	})
}

// handySide is the longest side of an image that is handed to the painter, who shrinks it further.
const handySide = 4096

// handy shrinks a huge image, of which several copies would need much memory.
func handy(img *images.RGB) *images.RGB {
	long := max(img.W, img.H)
	if long <= handySide {
		return img
	}
	return transform.Resize(img, max(1, img.W*handySide/long), max(1, img.H*handySide/long), transform.Bilinear)
}
