package synth

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"sync"

	"csl/internal/parallel"
	"csl/internal/safefile"
)

// Options says what to generate.
type Options struct {
	Dir     string // folder to make; it must not exist or be empty
	Train   int    // number of training images
	Val     int    // number of validation images
	Size    int    // side of an image, 32 to 1024 pixels
	Seed    uint64 // of all scenes
	Workers int    // goroutines that draw; 0 for one per processor. The result does not depend on it
}

// Split names of the COCO layout.
const (
	trainSplit = "train2014"
	valSplit   = "val2014"
)

func (o *Options) validate() error {
	switch {
	case o.Dir == "":
		return errors.New("no folder given")
	case o.Train < 1 || o.Val < 1:
		return fmt.Errorf("%d training and %d validation images: must be at least 1 of each", o.Train, o.Val)
	case o.Size < 32 || o.Size > 1024:
		return fmt.Errorf("images of %d pixels: must be 32 to 1024", o.Size)
	}
	return nil
}

// Generate draws a data set laid out as COCO: annotations/instances_train2014.json,
// annotations/instances_val2014.json, train2014/ and val2014/. Every image has
// at least one label, boxes and areas are those of the visible pixels. The same
// options give the same files. The folder appears when it is complete; after an
// error or a cancelled ctx nothing is left.
//
// progress, if given, is called from one goroutine at a time with the number
// of images done.
func Generate(ctx context.Context, fsys safefile.FS, o Options, progress func(done, total int)) error {
	if err := o.validate(); err != nil {
		return fmt.Errorf("synth: %w", err)
	}
	if err := vacant(fsys, o.Dir); err != nil {
		return fmt.Errorf("synth: %w", err)
	}
	temp := filepath.Clean(o.Dir) + ".csltmp-synth" // marked as safefile marks its own
	if err := fsys.RemoveAll(temp); err != nil {
		return fmt.Errorf("synth: remove leftovers of a killed run: %w", err)
	}
	g := generator{fsys: fsys, o: o, dir: temp, progress: progress}
	if err := g.run(ctx); err != nil {
		return errors.Join(fmt.Errorf("synth: %w", err), fsys.RemoveAll(temp))
	}
	return nil
}

// vacant makes sure that nothing is lost by making dir.
func vacant(fsys safefile.FS, dir string) error {
	entries, err := fsys.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("folder %q is not empty: remove it or choose another", dir)
	}
	return fsys.Remove(dir) // a folder cannot be renamed over one everywhere
}

// generator writes one data set.
type generator struct {
	fsys     safefile.FS
	o        Options
	dir      string
	progress func(done, total int)
	mu       sync.Mutex
	done     int
}

func (g *generator) run(ctx context.Context) error {
	if err := g.fsys.MkdirAll(filepath.Join(g.dir, "annotations")); err != nil {
		return err
	}
	for i, split := range []string{trainSplit, valSplit} {
		n := [...]int{g.o.Train, g.o.Val}[i]
		if err := g.fsys.Mkdir(filepath.Join(g.dir, split)); err != nil {
			return err
		}
		objects, err := g.images(ctx, split, uint64(i), n)
		if err != nil {
			return err
		}
		path := filepath.Join(g.dir, "annotations", "instances_"+split+".json")
		if err := safefile.Write(g.fsys, path, func(w io.Writer) error { return writeCOCO(w, g.o, split, objects) }); err != nil {
			return err
		}
	}
	if err := g.fsys.Rename(g.dir, filepath.Clean(g.o.Dir)); err != nil {
		return err
	}
	return g.fsys.SyncDir(filepath.Dir(filepath.Clean(g.o.Dir)))
}

// images draws and writes the images of a split and returns what they show.
func (g *generator) images(ctx context.Context, split string, stream uint64, n int) ([][]object, error) {
	out := make([][]object, n)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := parallel.Each(ctx, n, g.o.Workers, func(_, i int) {
		c, objects := img(g.o, stream, uint64(i))
		if err := g.save(filepath.Join(g.dir, split, imageName(split, i)), c); err != nil {
			cancel(err)
			return
		}
		out[i] = objects
		g.tick()
	})
	return out, err
}

// img draws number i of a stream. A scene that shows nothing is drawn anew.
func img(o Options, stream, i uint64) (*canvas, []object) {
	r := rand.New(rand.NewPCG(o.Seed, stream<<48|i))
	for {
		if c, objects := drawScene(o.Size, r); len(objects) > 0 {
			return c, objects
		}
	}
}

// imageName is COCO's.
func imageName(split string, i int) string { return fmt.Sprintf("COCO_%s_%012d.jpg", split, i+1) }

func (g *generator) tick() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done++
	if g.progress != nil {
		g.progress(g.done, g.o.Train+g.o.Val)
	}
}

// save writes an image. It is not synced on its own: thousands of syncs would
// take minutes, and the folder has its name only when all is written.
func (g *generator) save(path string, c *canvas) error {
	f, err := g.fsys.Create(path, 0o666)
	if err != nil {
		return err
	}
	err = jpeg.Encode(f, c.image(), &jpeg.Options{Quality: 88})
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	return nil
}

// image is the canvas in 8 bits.
func (c *canvas) image() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, c.size, c.size))
	level := func(v float64) uint8 { return uint8(255*max(0, min(v, 1)) + 0.5) }
	for i, p := range c.pix {
		img.SetRGBA(i%c.size, i/c.size, color.RGBA{level(p.r), level(p.g), level(p.b), 255})
	}
	return img
}
