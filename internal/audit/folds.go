package audit

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"csl/internal/config"
	"csl/internal/labels"
	"csl/internal/modelfile"
	"csl/internal/safefile"
	"csl/internal/train"
)

// foldSeed is the purpose of the random numbers that deal images out to folds.
const foldSeed = 0x666f6c64 // "fold"

// foldsOf deals n images out to k folds of about the same size, by seed. Each lists its images in order.
func foldsOf(n, k int, seed uint64) [][]int {
	folds := make([][]int, k)
	for i, image := range rand.New(rand.NewPCG(seed, foldSeed)).Perm(n) {
		folds[i%k] = append(folds[i%k], image)
	}
	for _, f := range folds {
		slices.Sort(f)
	}
	return folds
}

// trainFolds trains a model for each fold on the labels of all others.
func (o *Options) trainFolds(ctx context.Context, set *labels.Set, root string) ([]part, error) {
	if set.Len() < o.Folds {
		return nil, fmt.Errorf("%d images cannot be cut into %d folds", set.Len(), o.Folds)
	}
	if saved(foldDir(o.RunDir, 0)) && !o.Resume {
		return nil, fmt.Errorf("%q holds the folds of an earlier audit: continue it with --resume, or choose another --run_dir", o.RunDir)
	}
	if err := o.FS.MkdirAll(o.RunDir); err != nil {
		return nil, fmt.Errorf("make the folder of the folds: %w", err)
	}
	folds := foldsOf(set.Len(), o.Folds, o.Config.Train.Seed)
	parts := make([]part, len(folds))
	for k, rows := range folds {
		o.Display.Log().Info(fmt.Sprintf("fold %d of %d", k+1, len(folds)), "trained_on", set.Len()-len(rows), "judged", len(rows))
		m, err := o.trainFold(ctx, k, withoutRows(set, rows), root)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(m.Names(), set.ClassNames()) {
			return nil, fmt.Errorf("the model of fold %d in %q has other classes than the labels", k+1, o.RunDir)
		}
		parts[k] = part{m, rows}
	}
	return parts, nil
}

// foldDir is the run directory of a fold's model.
func foldDir(dir string, k int) string { return filepath.Join(dir, fmt.Sprintf("fold-%d", k+1)) }

// saved tells whether a run was saved in a folder.
func saved(dir string) bool {
	_, err := safefile.ReadLast(dir)
	return err == nil
}

// valuesCSL is csl's coding of values, as the setting data.values names it.
const valuesCSL = "csl"

// trainFold trains one model on the labels of set, or takes the one that is there.
func (o *Options) trainFold(ctx context.Context, k int, set *labels.Set, root string) (*modelfile.Model, error) {
	dir := foldDir(o.RunDir, k)
	c := *o.Config
	c.Data.Train = config.Split{Root: root, Annotations: dir + ".csv", Format: string(labels.CSV)}
	c.Data.Val, c.Data.ClassDescriptions, c.Data.Values, c.Data.Encoding = config.Split{Format: config.FormatAuto}, "", valuesCSL, ""
	c.Data.KeepUnannotated, c.Simulate.Type, c.Train.Out = true, config.SimulateNone, dir
	if err := safefile.Write(o.FS, c.Data.Train.Annotations, func(w io.Writer) error { return set.WriteCSV(w) }); err != nil {
		return nil, err
	}
	if _, err := train.Run(ctx, train.Options{
		Config: &c, Backend: o.Backend, Display: o.Display, FS: o.FS, Garbage: o.Garbage, Resume: saved(dir), Version: o.Version,
	}); err != nil {
		return nil, fmt.Errorf("fold %d: %w", k+1, err)
	}
	return modelfile.Open(ctx, modelfile.Options{Path: dir})
}

// withoutRows is the set without some of its images.
func withoutRows(set *labels.Set, rows []int) *labels.Set {
	out := make([]bool, set.Len())
	for _, i := range rows {
		out[i] = true
	}
	return set.Filter(func(i int) bool { return !out[i] })
}
