package audit

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// sample is a data set of scores without images: classes c0 (frequent), c1 and c2 (rare), of which some labels are
// unknown and some turned round.
type sample struct {
	scores, labels, full string          // files
	wrong                map[string]bool // "image class" of labels turned round
	missing              map[string]bool // "image class" of unknown cells that are present
}

// drawn makes a sample of n images whose scores tell present from absent cells but for some noise.
func drawnSample(t *testing.T, n int) sample {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 6))
	s := sample{wrong: map[string]bool{}, missing: map[string]bool{}}
	scores, given, full := "image,label,score\n", "image,label,value\n", "image,label,value\n"
	for i := range n {
		for c, share := range []float64{0.5, 0.2, 0.1} {
			truth, mean := 0, -1.5
			if r.Float64() < share {
				truth, mean = 1, 1.5
			}
			name, class := fmt.Sprintf("i%04d.jpg", i), fmt.Sprintf("c%d", c)
			full += fmt.Sprintf("%s,%s,%d\n", name, class, truth)
			// The scores of the classes are worth different things: a shift that a common threshold would fall for.
			scores += fmt.Sprintf("%s,%s,%.7g\n", name, class, scoreOf(float32(mean+0.6*r.NormFloat64()-2*float64(c))))
			state := truth
			switch u := r.Float64(); {
			case u < 0.5:
				state = -1
				if truth == 1 {
					s.missing[name+" "+class] = true
				}
			case u < 0.52:
				state = 1 - truth
				s.wrong[name+" "+class] = true
			}
			given += fmt.Sprintf("%s,%s,%d\n", name, class, state)
		}
	}
	dir := t.TempDir()
	s.scores, s.labels, s.full = filepath.Join(dir, "scores.csv"), filepath.Join(dir, "labels.csv"), filepath.Join(dir, "full.csv")
	for path, text := range map[string]string{s.scores: scores, s.labels: given, s.full: full} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// options audit a sample.
func (s sample) options(t *testing.T, strategies ...Strategy) (Options, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	return Options{
		Config: config.Default(), Data: dataset.Options{Annotations: s.labels}, Scores: s.scores, Strategies: strategies, Limit: 100, Seed: 1,
		Display: progress.New(progress.Options{Out: log}), FS: safefile.OS(),
	}, log
}

func audited(t *testing.T, o Options) *Result {
	t.Helper()
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// open reads labels that are text.
func open(t *testing.T, text, name string) *labels.Set {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, _, err := labels.Open(context.Background(), labels.Options{Path: path, KeepUnannotated: true, MissingUnknown: true})
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.TrimSpace(text))
	}
	return set
}
