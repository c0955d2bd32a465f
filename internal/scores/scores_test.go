package scores

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/labels"
)

// twoByTwo has images a.jpg and b.jpg and classes cat and dog.
func twoByTwo(t *testing.T) *labels.Set {
	t.Helper()
	var b labels.Builder
	for _, name := range []string{"a.jpg", "b.jpg"} {
		row, _ := b.Image(name)
		b.Add(row, 0, labels.Positive)
	}
	set, err := b.Build([]labels.Class{{Name: "cat"}, {Name: "dog"}}, labels.Unknown)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func write(t *testing.T, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scores")
	if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// array is an .npy file of float32.
func array(shape string, values ...float32) string {
	var b bytes.Buffer
	head := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape)
	head += strings.Repeat(" ", 63-(10+len(head))%64) + "\n"
	b.WriteString(npyMagic + "\x01\x00")
	_ = binary.Write(&b, binary.LittleEndian, uint16(len(head)))
	b.WriteString(head)
	_ = binary.Write(&b, binary.LittleEndian, values)
	return b.String()
}

func TestScoresAreReadFromEitherFormat(t *testing.T) {
	for name, data := range map[string]string{
		"npy": array("(2, 2)", 0.1, 0.2, 0.3, 0.4),
		"csv": "image,label,score\nb.jpg,dog,0.4\na.jpg,cat,0.1\nother.jpg,cat,0.9\na.jpg,dog,0.2\nb.jpg,cat,0.3\nb.jpg,kite,1\n",
	} {
		m, err := Open(t.Context(), write(t, data), "", twoByTwo(t))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, want := range [][]float32{{0.1, 0.2}, {0.3, 0.4}} {
			got := make([]float32, 2)
			if err := m.Scores(i, 0, got); err != nil || got[0] != want[0] || got[1] != want[1] {
				t.Errorf("%s: image %d has %v (%v), want %v", name, i, got, err, want)
			}
			one := make([]float32, 1)
			if err := m.Scores(i, 1, one); err != nil || one[0] != want[1] {
				t.Errorf("%s: image %d has %v from class 1 on (%v), want %v", name, i, one, err, want[1])
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWrongScoresAreErrors(t *testing.T) {
	whole := array("(2, 2)", 1, 2, 3, 4)
	for data, want := range map[string]string{
		array("(2, 3)", 1, 2, 3, 4, 5, 6):                                           "2 images (rows) of 2 classes (columns)",
		whole[:len(whole)-1]:                                                        "cut short",
		"image,label,score\na.jpg,cat,1\na.jpg,dog,1\nb.jpg,cat,1\n":                `no score of image "b.jpg", class "dog"`,
		"image,label,score\na.jpg,cat,NaN\na.jpg,dog,1\nb.jpg,cat,1\nb.jpg,dog,1\n": "line 2",
		"image,label,score\na.jpg,cat,x\n":                                          "line 2",
		"a,b\n":                                                                     "line 1",
	} {
		m, err := Open(t.Context(), write(t, data), "", twoByTwo(t))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", data, err, want)
		}
		if err == nil {
			_ = m.Close()
		}
	}
}

func TestNumbersThatAreNotFiniteAreErrors(t *testing.T) {
	m, err := Open(t.Context(), write(t, array("(2, 2)", 1, 2, float32(math.NaN()), 4)), "", twoByTwo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Scores(1, 0, make([]float32, 2)); err == nil {
		t.Error("NaN was taken for a score")
	}
}
