package labels

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"testing"

	"csl/internal/labels/labelstest"
)

func BenchmarkReadOpenImages(b *testing.B) {
	benchmarkRead(b, labelstest.OpenImages, labelstest.Size{Images: 150_000, Classes: 9605, Annotations: 1_000_000})
}

func BenchmarkReadCSV(b *testing.B) {
	benchmarkRead(b, labelstest.CSV, labelstest.Size{Images: 150_000, Classes: 9605, Annotations: 1_000_000})
}

func BenchmarkReadCOCO(b *testing.B) {
	benchmarkRead(b, labelstest.COCO, labelstest.Size{Images: 20_000, Classes: 80, Annotations: 150_000})
}

// benchmarkRead reports MB/s, rows/s and the largest heap seen, in MiB.
func benchmarkRead(b *testing.B, write func(io.Writer, labelstest.Size) error, size labelstest.Size) {
	path := filepath.Join(b.TempDir(), "labels")
	b.SetBytes(writeFile(b, path, write, size))
	runtime.GC()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		set, _, err := Open(context.Background(), Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(set.Len()), "images")
	}
	b.ReportMetric(float64(size.Annotations)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(heapMiB(), "MiB-peak")
}

// writeFile makes a file and returns its length.
func writeFile(t testing.TB, path string, write func(io.Writer, labelstest.Size) error, size labelstest.Size) int64 {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(f, size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// heapMiB is the memory that the process has taken from the system for its heap: the largest it ever was, as released
// pages count, too.
func heapMiB() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(sample)
	var sum uint64
	for _, s := range sample {
		sum += s.Value.Uint64()
	}
	return float64(sum) / (1 << 20)
}

func TestGeneratedFilesAreReadInFull(t *testing.T) {
	size := labelstest.Size{Images: 300, Classes: 90, Annotations: 2000, Seed: 3}
	for name, write := range map[string]func(io.Writer, labelstest.Size) error{"Open Images": labelstest.OpenImages, "CSV": labelstest.CSV, "COCO": labelstest.COCO} {
		var text bytes.Buffer
		if err := write(&text, size); err != nil {
			t.Fatal(err)
		}
		set, rep := mustParse(t, text.String(), Options{KeepUnannotated: true})
		if set.Len() != size.Images || set.NumClasses() != size.Classes {
			t.Errorf("%s: %s", name, rep)
		}
		if st := set.Stats(); name != "COCO" && st.Annotated() != int64(size.Annotations) {
			t.Errorf("%s: %d annotations", name, st.Annotated())
		}
		if rep.Count(DuplicateRows)+rep.Count(Contradictions) != 0 {
			t.Errorf("%s: %s", name, rep)
		}
	}
}
