package infer

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"csl/internal/dist"
	"csl/internal/graph"
	"csl/internal/kernel/kerneltest"
	"csl/internal/modelfile"
)

// gallery makes n images, of which every fifth, and the last, cannot be read.
func gallery(t *testing.T, n int) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, 40, 36))
		for y := range 36 {
			for x := range 40 {
				m.Set(x, y, color.RGBA{uint8(5 * x), uint8(7*y + 20*i), uint8(30 * i), 255})
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		data := b.Bytes()
		if i%5 == 4 || i == n-1 {
			data = data[:len(data)/2]
		}
		path := filepath.Join(dir, fmt.Sprintf("%02d.png", i))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// classified is what Run prints as JSON lines, and how many images it skipped.
func classified(t *testing.T, path string, o Options) (string, int) {
	o.Model = load(t, ModelOptions{Options: modelfile.Options{Path: path, Height: 32, Width: 32}, Threshold: new(float64)})
	be, err := graph.NewCPU(1, kerneltest.Best(t))
	if err != nil {
		t.Error(err)
		return "", 0
	}
	defer be.Close()
	o.Backend = be
	var out bytes.Buffer
	w, err := NewWriter(&out, WriterOptions{Format: JSON, Logits: true})
	if err != nil {
		t.Error(err)
		return "", 0
	}
	skipped, err := Run(t.Context(), o, w)
	if err != nil {
		t.Error(err)
	}
	return out.String(), skipped
}

func TestRanksPrintWhatOneProcessPrints(t *testing.T) {
	path, images := stored(t, nil), gallery(t, 11)
	want, skipped := classified(t, path, Options{Images: images, Batch: 3})
	for _, ranks := range []int{2, 3, 4, 7} {
		var wg sync.WaitGroup
		for rank, g := range dist.Local(ranks) {
			wg.Go(func() {
				got, n := classified(t, path, Options{Images: images, Batch: 3, Group: g})
				if n != skipped {
					t.Errorf("rank %d of %d: %d skipped, want %d", rank, ranks, n, skipped)
				}
				if rank == 0 && got != want || rank > 0 && got != "" {
					t.Errorf("rank %d of %d prints\n%s\nwant\n%s", rank, ranks, got, want)
				}
			})
		}
		wg.Wait()
	}
}

func TestShardsPrintTogetherWhatOneProcessPrints(t *testing.T) {
	path, images := stored(t, nil), gallery(t, 11)
	want, skipped := classified(t, path, Options{Images: images, Batch: 3})
	for _, shards := range []int{1, 2, 3, 9} {
		all, n := "", 0
		for i := range shards {
			got, s := classified(t, path, Options{Images: images, Batch: 3, Shard: Shard{i, shards}})
			all, n = all+got, n+s
		}
		if all != want || n != skipped {
			t.Errorf("%d shards print\n%s\nwant\n%s", shards, all, want)
		}
	}
}
