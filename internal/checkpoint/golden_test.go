package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"csl/internal/model"
)

// golden is an entry of testdata/sums.json.
type golden struct {
	Float32, Float16 string
	Tensors          [][]any // name, extents
	Config           struct {
		Layers     []int
		Planes     int
		StemSlope  float64 `json:"stem_slope"`
		Slope      float64
		Kinds      []model.BlockKind
		HeadHidden int `json:"head_hidden"`
		NumClasses int `json:"num_classes"`
	}
}

func goldens(t *testing.T) map[string]golden {
	t.Helper()
	text, err := os.ReadFile("testdata/sums.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]golden
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func mustOpen(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func mustInterpret(t *testing.T, path string) *StateDict {
	t.Helper()
	sd, err := Interpret(mustOpen(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return sd
}

// sumOf is the SHA-256 of tensors as float32, in order.
func sumOf(t *testing.T, tensors []*Tensor) string {
	t.Helper()
	sum := sha256.New()
	for _, x := range tensors {
		v, err := x.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range v {
			sum.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(f)))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// sumOfWeights is the same of a model's weights, counters as float32.
func sumOfWeights(w *model.Weights) string {
	sum := sha256.New()
	for _, e := range w.Entries() {
		_, data, _ := w.Get(e.Name)
		for _, f := range data {
			sum.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(f)))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// checkGolden compares a checkpoint's tensors to the bit.
func checkGolden(t *testing.T, sd *StateDict, want golden, half bool) {
	t.Helper()
	if got, want := len(sd.File.Tensors()), len(want.Tensors); got != want {
		t.Fatalf("%d tensors, want %d", got, want)
	}
	for i, x := range sd.File.Tensors() {
		got := append([]any{x.Name}, anys(x.Shape)...)
		if fmt.Sprint(got) != fmt.Sprint(want.Tensors[i]) {
			t.Fatalf("tensor %d is %v, want %v", i, got, want.Tensors[i])
		}
	}
	sum := want.Float32
	if half {
		sum = want.Float16
	}
	if got := sumOf(t, sd.File.Tensors()); got != sum {
		t.Errorf("values have the sum %s, want %s", got, sum)
	}
	s, c := sd.Spec, want.Config
	head := model.PlainHead
	if c.HeadHidden > 0 {
		head = model.BottleneckHead
	}
	if !slices.Equal(s.Stages, c.Layers) || s.Planes != c.Planes || !slices.Equal(s.Kinds, c.Kinds) || s.StemSlope != c.StemSlope ||
		s.Slope != c.Slope || s.Head != head || s.HeadHidden != c.HeadHidden || s.NumClasses != c.NumClasses {
		t.Errorf("architecture %+v, want %+v", s, c)
	}
}

func anys(list []int) []any {
	var out []any
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

func TestGoldenCheckpointsAreReadToTheBit(t *testing.T) {
	all := goldens(t)
	for _, c := range []struct {
		file, model string
		format      Format
		half, raw   bool
	}{
		{"tiny_zip.pth", "tiny", TorchZip, false, false},
		{"tiny_bottleneck_legacy.pth", "tiny_bottleneck", TorchLegacy, false, false},
		{"tiny_bottleneck_half_zip.pth", "tiny_bottleneck", TorchZip, true, false},
		{"tiny_v2_raw_zip.ckpt", "tiny_v2", TorchZip, false, true},
	} {
		t.Run(c.file, func(t *testing.T) {
			sd := mustInterpret(t, filepath.Join("testdata", c.file))
			checkGolden(t, sd, all[c.model], c.half)
			if sd.File.Format != c.format || sd.Scheme != Alibaba {
				t.Errorf("format %q, scheme %q", sd.File.Format, sd.Scheme)
			}
			if c.raw {
				if sd.File.Wrapped != "" || sd.Classes() != nil {
					t.Errorf("raw: wrapped %q, classes %v", sd.File.Wrapped, sd.Classes())
				}
				return
			}
			n := all[c.model].Config.NumClasses
			if sd.File.Wrapped != "model" || sd.File.NumClasses != n || len(sd.Classes()) != n || sd.Classes()[n-1].Name != fmt.Sprintf("class_%02d", n-1) {
				t.Errorf("wrapped %q, %d classes, %v", sd.File.Wrapped, sd.File.NumClasses, sd.Classes())
			}
		})
	}
}

func TestLoadFillsEveryWeight(t *testing.T) {
	w, sd, err := ReadModel(context.Background(), "testdata/tiny_bottleneck_legacy.pth")
	if err != nil {
		t.Fatal(err)
	}
	if w.Spec().Name != "tresnet_tiny" {
		t.Errorf("model %q", w.Spec().Name)
	}
	if got, want := sumOfWeights(w), goldens(t)["tiny_bottleneck"].Float32; got != want {
		t.Errorf("weights have the sum %s, want %s", got, want)
	}
	if sd.Scheme != Alibaba {
		t.Errorf("scheme %q", sd.Scheme)
	}
}
