package train

import (
	"context"
	"errors"

	"csl/internal/dataset"
)

// CacheFile is the file of resized images of one split.
type CacheFile struct {
	Split  string // dataset.Train or dataset.Val
	Path   string // the file
	Images int    // images in it
	Made   bool   // whether it was written now; else it was there and up to date
}

// MakeCaches makes the files of data.cache that a run with these options would read, and lists them: the
// training images first, then those of the validation split, if there is one. What a run would refuse in its
// data is an error here, too.
func MakeCaches(ctx context.Context, o Options) (files []CacheFile, err error) {
	if err := o.Config.Require("data.cache"); err != nil {
		return nil, err
	}
	in, err := openInputs(ctx, o)
	if err != nil {
		return nil, errors.Join(err, in.close())
	}
	defer func() { err = errors.Join(err, in.close()) }()
	for _, s := range []struct {
		name  string
		split *dataset.Split
	}{{dataset.Train, in.train}, {dataset.Val, in.val}} {
		if s.split == nil {
			continue
		}
		if _, err := s.split.Loader(ctx, dataset.LoadingFromConfig(o.Config, o.FS, o.Display), nil); err != nil {
			return files, err
		}
		for _, cache := range s.split.Caches() {
			files = append(files, CacheFile{Split: s.name, Path: cache.Path(), Images: s.split.Set.Len(), Made: cache.Made()})
		}
	}
	return files, nil
}
