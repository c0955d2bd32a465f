package loader

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"csl/internal/count"
	"csl/internal/images"
	"csl/internal/images/codec"
	"csl/internal/images/source"
	"csl/internal/parallel"
)

// Samples is the labelled list of images that a Loader walks; a dataset.Set is one.
type Samples interface {
	Len() int        // number of images
	NumClasses() int // number of classes
	// ImageName is the name of sample i, as Source.Resolve takes it.
	ImageName(i int) string
	// Row writes the states of sample i, one per class: 1, 0 or -1 (unknown).
	Row(i int, dst []int8)
}

// Skipped is a sample whose image cannot be used.
type Skipped struct {
	Sample int    // index among the samples
	Name   string // the image's name
	Err    error  // why
}

// headBytes is how much of a file is read to find the header; files whose header ends later, such
// as JPEGs after a large colour profile, are read whole.
const headBytes = 32 << 10

// Checks says how images are checked, and who is told of what. The functions may be nil; they are called by several
// goroutines.
type Checks struct {
	Decode   codec.Options                                 // limits of decoding
	Workers  int                                           // goroutines; 0 for GOMAXPROCS
	Progress func(done, total int)                         // after each image, with the number done so far
	Found    func(sample int, key string, at source.Stamp) // the key and the stamp of each sample's file
	Seen     func(sample int, info codec.Info)             // the header of each image that can be used
}

// Check finds the samples whose image is missing, is not an image, is of a kind that is not decoded, takes too many pixels
// or too much memory, or states more pixels than its file can hold, by reading the headers only: damage further down
// shows when the image is loaded. The result is in the order of the samples. The error is that of ctx.
func Check(ctx context.Context, src source.Source, s Samples, c Checks) ([]Skipped, error) {
	n := s.Len()
	errs := make([]error, n)
	var done atomic.Int64
	if err := parallel.Each(ctx, n, c.Workers, func(_, i int) {
		errs[i] = c.checkFile(src, i, s.ImageName(i))
		if d := int(done.Add(1)); c.Progress != nil {
			c.Progress(d, n)
		}
	}); err != nil {
		return nil, err
	}
	var skipped []Skipped
	for i, err := range errs {
		if err != nil {
			skipped = append(skipped, Skipped{Sample: i, Name: s.ImageName(i), Err: err})
		}
	}
	return skipped, nil
}

// checkFile checks one image by its header.
func (c *Checks) checkFile(src source.Source, sample int, name string) error {
	key, err := src.Resolve(name)
	if err != nil {
		return err
	}
	stamp, err := src.Stat(key)
	if err != nil {
		return err
	}
	if c.Found != nil {
		c.Found(sample, key, stamp)
	}
	data, err := src.ReadHead(key, headBytes)
	if err != nil {
		return err
	}
	info, err := codec.DecodeHeader(data)
	if err != nil && !errors.Is(err, images.ErrUnsupported) && stamp.Size > int64(len(data)) {
		if data, err = src.ReadFile(key, nil); err != nil {
			return err
		}
		info, err = codec.DecodeHeader(data)
	}
	if err == nil {
		err = info.Check(c.Decode, stamp.Size)
	}
	if err == nil && c.Seen != nil {
		c.Seen(sample, info)
	}
	return err
}

// RotatedWarning is a line that says that n of total images are stored rotated and that setting turns them.
func RotatedWarning(n, total int, setting string) string {
	are := "are"
	if n == 1 {
		are = "is"
	}
	return fmt.Sprintf("%d of %s %s stored rotated (EXIF) and used as stored, as the reference does; %s turns them upright",
		n, count.Of(total, "image"), are, setting)
}

// SkippedError returns one line that counts the skipped samples among total and names the first few, or nil
// if there are none.
func SkippedError(skipped []Skipped, total int) error {
	if len(skipped) == 0 {
		return nil
	}
	const show = 3
	var names []string
	for _, b := range skipped[:min(show, len(skipped))] {
		names = append(names, b.String())
	}
	more := ""
	if len(skipped) > show {
		more = fmt.Sprintf("; and %d more", len(skipped)-show)
	}
	return fmt.Errorf("%d of %s cannot be used: %s%s", len(skipped), count.Of(total, "image"), strings.Join(names, "; "), more)
}

// String names the image and why it is skipped, on one line.
func (b Skipped) String() string { return b.prefix() + b.Why() }

// Why is why the image is skipped, on one line that need not name it.
func (b Skipped) Why() string {
	return strings.TrimPrefix(strings.ReplaceAll(b.Err.Error(), "\n", " "), b.prefix())
}

func (b Skipped) prefix() string { return fmt.Sprintf("image %q: ", b.Name) }

// Without lists the samples from 0 to total-1 that are not skipped.
func Without(skipped []Skipped, total int) []int {
	drop := make(map[int]bool, len(skipped))
	for _, b := range skipped {
		drop[b.Sample] = true
	}
	keep := make([]int, 0, total-len(drop))
	for i := range total {
		if !drop[i] {
			keep = append(keep, i)
		}
	}
	return keep
}
