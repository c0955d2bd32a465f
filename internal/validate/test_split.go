package validate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/dist"
	"csl/internal/exactjson"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/metric"
	"csl/internal/modelfile"
	"csl/internal/predict"
	"csl/internal/progress"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// TestOptions says which run is scored on the test split of its configuration.
type TestOptions struct {
	Dir     string            // the run's folder, with its best weights
	Config  *config.Config    // of the run; its data.test names the split
	Backend graph.Host        // where graphs run
	Arena   *graph.Arena      // memory to share; may be nil
	Display *progress.Display // messages and progress
	FS      safefile.FS       // where files are written
	Garbage garbage.Hooks     // controls the garbage collector
	// Group are the ranks that share the images, each in its Test; nil for one that is alone. Rank 0 writes, and it alone gets
	// the result.
	Group dist.Group
	// Weights is the file with the run's best weights where Dir is not at hand; "" for that in Dir.
	Weights string
	// Before, if given, is called before each batch, on all ranks at the same time; an error that all get ends all.
	Before func() error
}

// Tested is what a run's folder keeps of its test: rundir.Test.
type Tested struct {
	Document
	Data TestData `json:"data"` // the split that was scored
}

// TestData is the split that a run was scored on, as its settings name it.
type TestData struct {
	Root        string `json:"root"`        // images
	Annotations string `json:"annotations"` // labels; several files with the system's separator of lists
	Format      string `json:"format"`      // of the labels
}

// TestDataOf is the test split of settings.
func TestDataOf(d config.Data) TestData {
	o := dataset.FromConfig(d, dataset.Test)
	files := strings.Join(d.Test.LabelFiles(), string(filepath.ListSeparator))
	return TestData{Root: o.Root, Annotations: files, Format: o.Format}
}

// Test scores a run's best weights on its test split and writes two files into its folder: the scores
// (rundir.TestScores) and then the metrics (rundir.Test), whose presence says that the test is done. The
// accumulator has the scores.
func Test(ctx context.Context, o TestOptions) (*Tested, *metric.Accumulator, error) {
	if o.Group == nil {
		o.Group = dist.Single()
	}
	data := dataset.FromConfig(o.Config.Data, dataset.Test)
	run := Options{
		Model: modelfile.Options{Path: cmp.Or(o.Weights, filepath.Join(o.Dir, rundir.Best))}, Data: data, Batch: o.Config.Train.Batch,
		MatrixPath: filepath.Join(o.Dir, rundir.TestScores), Arena: o.Arena,
		Backend: o.Backend, Display: o.Display, FS: o.FS, Garbage: o.Garbage, Group: o.Group, title: "testing", before: o.Before,
	}
	if o.Group.Size() > 1 {
		run.Batch = min(run.Batch, predict.LargestShared)
	}
	var r Result
	acc, err := Collect(ctx, run, &r)
	if err != nil {
		return nil, nil, fmt.Errorf("test: %w", err)
	}
	var t *Tested
	err = dist.Together(o.Group, func() (err error) {
		if acc != nil {
			t, err = o.finish(ctx, &r, acc)
		}
		return err
	})
	return t, acc, err
}

// finish computes the metrics and writes them.
func (o TestOptions) finish(ctx context.Context, r *Result, acc *metric.Accumulator) (*Tested, error) {
	if err := r.score(ctx, acc, Extras{}, o.Backend.Threads()); err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	t := &Tested{Document: r.Document(), Data: TestDataOf(o.Config.Data)}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(t); err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	return t, safefile.WriteBytes(o.FS, filepath.Join(o.Dir, rundir.Test), b.Bytes())
}

// ReadTest is the test that a run's folder has; nil without one.
func ReadTest(dir string) (*Tested, error) {
	path := filepath.Join(dir, rundir.Test)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the test's result: %w", err)
	}
	t := &Tested{}
	if err := exactjson.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	if t.Classes == 0 {
		return nil, fmt.Errorf("read %q: it has no metrics", path)
	}
	return t, nil
}
