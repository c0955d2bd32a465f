//go:build long

package validate

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/labels"
	"csl/internal/progress"
)

// BenchmarkStoredScores judges Open Images' test set, 125,000 images of 9,605 classes with about 7 annotations each,
// from scores in a file of 4.8 GB. It reports the peak of the process's memory.
func BenchmarkStoredScores(b *testing.B) {
	for _, size := range [][2]int{{5_000, 1_000}, {125_000, 9_605}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			dir := b.TempDir()
			scores := fullScores(b, dir, size[0], size[1])
			annotations := fullLabels(b, dir, size[0], size[1])
			for b.Loop() {
				r, err := RunStored(context.Background(), StoredOptions{
					Scores: scores, Labels: labels.Options{Path: annotations}, Workers: 2, Display: progress.New(progress.Options{Out: &strings.Builder{}}),
				})
				if err != nil {
					b.Fatal(err)
				}
				if r.Report.MAP == nil || r.Report.MAPPartial == nil {
					b.Fatalf("%+v", r.Report)
				}
			}
			b.ReportMetric(peak(b), "MiB-peak")
		})
	}
}

// fullScores writes an .npy file of pseudo-random scores.
func fullScores(b *testing.B, dir string, images, classes int) string {
	path := filepath.Join(dir, "scores.npy")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", images, classes)
	header += strings.Repeat(" ", 64-(10+len(header)+1)%64) + "\n"
	_, _ = w.WriteString("\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header) // Flush has the error
	row := make([]byte, 4*classes)
	g := rand.NewPCG(1, 2)
	for range images {
		for i := 0; i+8 <= len(row); i += 8 {
			v := g.Uint64()
			binary.LittleEndian.PutUint32(row[i:], math.Float32bits(float32(v>>40)/(1<<24)))
			binary.LittleEndian.PutUint32(row[i+4:], math.Float32bits(float32(v&0xffffff)/(1<<24)))
		}
		_, _ = w.Write(row)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// fullLabels writes about 7 annotations per image; every class is named.
func fullLabels(b *testing.B, dir string, images, classes int) string {
	path := filepath.Join(dir, "labels.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "image,label,value")
	r := rand.New(rand.NewPCG(3, 4))
	for i := range images {
		for k := range 7 {
			class := r.IntN(classes)
			if k == 0 {
				class = i % classes
			}
			if k > 0 && class == i%classes {
				continue
			}
			fmt.Fprintf(w, "%08x,c%d,%d\n", i, class, (i+class)%2)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// peak is the process's largest resident memory, MiB.
func peak(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc")
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
