//go:build long

package labels

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"csl/internal/labels/labelstest"
)

// maxResident is what reading a file of the size of Open Images may take, in bytes.
const maxResident = 3 << 29

// maxMerged is what a list of that file and one of answers may take: a quarter more, as the cells are copied.
const maxMerged = maxResident / 4 * 5

// TestFullSize reads files as large as all human-verified labels of Open Images and as COCO's instances_train2017.json,
// several gigabytes in the temporary folder. What they take is that of the process, whose largest resident set is reset
// before each.
func TestFullSize(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(io.Writer, labelstest.Size) error
		size  labelstest.Size
	}{
		{"Open Images", labelstest.OpenImages, labelstest.OpenImagesSize()},
		{"CSV", labelstest.CSV, labelstest.OpenImagesSize()},
		{"COCO", labelstest.COCO, labelstest.Size{Images: 118_287, Classes: 80, Annotations: 860_001, Seed: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "labels")
			length := writeFile(t, path, c.write, c.size)
			debug.FreeOSMemory()
			resetPeak(t)
			start, before := time.Now(), cpuTime(t)
			set, rep, err := Open(context.Background(), Options{Path: path, KeepUnannotated: true})
			if err != nil {
				t.Fatal(err)
			}
			wall, cpu := time.Since(start).Seconds(), (cpuTime(t) - before).Seconds()
			peak := peakResident(t)
			t.Logf("%s: %d bytes in %.1f s, %.1f s of CPU time: %.2f million rows and %.0f MB per second of CPU time; peak %.0f MiB resident", rep,
				length, wall, cpu, float64(c.size.Annotations)/cpu/1e6, float64(length)/cpu/1e6, float64(peak)/(1<<20))
			annotated := set.Stats().Annotated()
			if set.Len() != c.size.Images || set.NumClasses() != c.size.Classes || c.name != "COCO" && annotated != int64(c.size.Annotations) {
				t.Errorf("%d images, %d classes, %d annotations, want %+v", set.Len(), set.NumClasses(), annotated, c.size)
			}
			if peak > maxResident {
				t.Errorf("%d bytes resident, want at most %d", peak, maxResident)
			}
		})
	}
}

// TestFullSizeWithAnswers lays 100,000 answers over a CSV file of the size of Open Images.
func TestFullSizeWithAnswers(t *testing.T) {
	const answers = 100_000
	size, dir := labelstest.OpenImagesSize(), t.TempDir()
	base, later := filepath.Join(dir, "labels.csv"), filepath.Join(dir, "answers.csv")
	writeFile(t, base, labelstest.CSV, size)
	writeFile(t, later, func(w io.Writer, s labelstest.Size) error { return labelstest.Answers(w, s, answers) }, size)
	debug.FreeOSMemory()
	resetPeak(t)
	start, before := time.Now(), cpuTime(t)
	set, rep, err := Open(context.Background(), Options{Path: base, Later: []string{later}, KeepUnannotated: true})
	if err != nil {
		t.Fatal(err)
	}
	wall, cpu := time.Since(start).Seconds(), (cpuTime(t) - before).Seconds()
	peak := peakResident(t)
	t.Logf("%s: %.1f s, %.1f s of CPU time; peak %.0f MiB resident", rep, wall, cpu, float64(peak)/(1<<20))
	changed := rep.Count(Overruled)
	added := set.Stats().Annotated() - int64(size.Annotations)
	if set.Len() != size.Images || changed == 0 || added > answers-changed || added < answers-4*changed {
		t.Errorf("%d images, %d answers overrule a label, %d are new", set.Len(), changed, added)
	}
	if peak > maxMerged {
		t.Errorf("%d bytes resident, want at most %d", peak, maxMerged)
	}
}

// cpuTime is what the process has used, all threads together.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resetPeak forgets the largest resident set, as Linux does on request.
func resetPeak(t *testing.T) {
	t.Helper()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Skip(err)
	}
}

// peakResident is the largest resident set since resetPeak, in bytes.
func peakResident(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
