package labels

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"csl/internal/jsonscan"
	"csl/internal/textio"
)

// Shard is a tar archive of images with their labels beside them, as WebDataset has it.
type Shard struct {
	Path string // the archive
	Name string // stands before the names of images that another shard has, too
}

// maxBeside is the largest file of labels beside an image, in bytes.
const maxBeside = 1 << 20

// FromShards reads the labels beside the images in shards: of the image a/1.jpg those in a/1.json, else in a/1.cls, else in
// a/1.txt. What is named is present, or absent where JSON says so; all else is unknown.
func FromShards(ctx context.Context, shards []Shard, o Options) (*Set, *Report, error) {
	list, err := newClassList(o.Classes, o.ClassIDs)
	if err != nil {
		return nil, nil, err
	}
	list.skipOthers = o.SkipOtherClasses
	rep := &Report{Path: o.Path, Format: WebDataset, examples: o.Examples}
	r := shardReader{gatherer: gatherer{list: list, rep: rep}, wrong: faults{most: o.MaxErrors}, count: map[string]int{}}
	set, err := r.read(ctx, shards, o)
	if err == nil {
		err = finish(set, rep, o)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read labels %q: %w", o.Path, err)
	}
	return set, rep, nil
}

// shardReader gathers the images of all shards and then their labels, as their names depend on those of other shards.
type shardReader struct {
	gatherer
	wrong   faults
	samples []*beside
	count   map[string]int // shards that have an image of a name
	other   map[string]bool
}

// beside is an image and what stands beside it.
type beside struct {
	shard              string
	image              string
	rank               int // of the file that the labels are from: 3 JSON, 2 cls, 1 txt
	from               string
	positive, negative []string
}

func (r *shardReader) read(ctx context.Context, shards []Shard, o Options) (*Set, error) {
	r.other = map[string]bool{}
	for _, s := range shards {
		if err := r.shard(ctx, s); err != nil {
			return nil, r.wrong.with(fmt.Errorf("%s: %w", s.Path, err))
		}
	}
	for _, b := range r.samples {
		if err := r.state(b); err != nil && r.wrong.full(fmt.Errorf("%s/%s: %w", b.shard, b.from, err)) {
			break
		}
	}
	if err := r.wrong.err(); err != nil {
		return nil, err
	}
	if len(r.list.classes) == 0 {
		return nil, r.nothing()
	}
	r.sortClasses()
	set, err := r.set(Unknown)
	if err != nil {
		return nil, err
	}
	return dropUnannotated(set, func(i int) bool { return len(set.row(i)) > 0 }, o.KeepUnannotated, r.rep), nil
}

// nothing is the error of shards without labels.
func (r *shardReader) nothing() error {
	return unrecognised(fmt.Sprintf("%d images and %s, but no labels beside them", len(r.samples), keyList(sortedKeys(r.other))), WebDataset)
}

func sortedKeys(m map[string]bool) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// shard goes over one archive.
func (r *shardReader) shard(ctx context.Context, s Shard) error {
	f, err := os.Open(s.Path)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	byKey := map[string]*beside{}
	for t := tar.NewReader(f); ; {
		head, err := t.Next()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return fmt.Errorf("after %d images: %w", len(r.samples), textio.CutShort(err))
		case head.Typeflag != tar.TypeReg || strings.HasPrefix(path.Base(head.Name), "."):
			continue
		}
		if err := r.member(s, head, t, byKey); err != nil {
			return err
		}
	}
}

// member takes one file of an archive: an image, or labels.
func (r *shardReader) member(s Shard, head *tar.Header, text io.Reader, byKey map[string]*beside) error {
	name := path.Clean(strings.TrimPrefix(head.Name, "/"))
	ext := strings.ToLower(path.Ext(name))
	key := strings.TrimSuffix(name, path.Ext(name))
	rank := slices.Index([]string{"", ".txt", ".cls", ".json"}, ext)
	if rank < 1 && !isImagePath(name) {
		return nil
	}
	b := byKey[key]
	if b == nil {
		b = &beside{shard: s.Name}
		byKey[key] = b
	}
	if rank < 1 {
		if b.image == "" {
			b.image = name
			r.samples = append(r.samples, b)
			r.count[name]++
		}
		return nil
	}
	if rank <= b.rank {
		return nil
	}
	if head.Size > maxBeside {
		return r.wrong.note(fmt.Errorf("%s/%s: %d bytes; labels beside an image may have %d", s.Path, name, head.Size, maxBeside))
	}
	data, err := io.ReadAll(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, textio.CutShort(err))
	}
	return r.wrong.note(r.labels(b, name, ext, rank, data))
}

// labels takes the labels of a file, if it has any.
func (r *shardReader) labels(b *beside, name, ext string, rank int, data []byte) error {
	var found beside
	if ext == ".json" {
		j := besideJSON{s: jsonscan.New(strings.NewReader(string(data))), to: &found, other: r.other}
		if err := j.read(); err != nil {
			return fmt.Errorf("%s/%s: %w", b.shard, name, err)
		}
	} else {
		r.other[ext] = true
		for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
			found.positive = append(found.positive, splitTags(line)...)
		}
	}
	if len(found.positive)+len(found.negative) > 0 {
		b.rank, b.from, b.positive, b.negative = rank, name, found.positive, found.negative
	}
	return nil
}

// state adds an image and its labels.
func (r *shardReader) state(b *beside) error {
	name := b.image
	if r.count[name] > 1 {
		name = b.shard + "/" + name
	}
	row, isNew := r.builder.Image(name)
	if !isNew {
		return fmt.Errorf("image %q comes twice", clip(name))
	}
	for _, label := range b.positive {
		if err := r.add(row, label, Positive, name); err != nil {
			return err
		}
	}
	for _, label := range b.negative {
		if err := r.add(row, label, Negative, name); err != nil {
			return err
		}
	}
	return nil
}
