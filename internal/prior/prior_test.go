package prior

import (
	"bytes"
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/npy"
	"csl/internal/safefile"
)

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}

func golden(t *testing.T, name string) *npy.Array {
	t.Helper()
	a, err := npy.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func names(n int) []string {
	var out []string
	for i := range n {
		out = append(out, string(rune('a'+i)))
	}
	return out
}

func TestMeanMatchesGoldenInAnyBatches(t *testing.T) {
	z, want := golden(t, "prior_logits.npy"), golden(t, "prior_avg.npy")
	for _, rows := range [][]int{{8, 8, 14}, {30}, {1, 29}} {
		m := NewMean(12)
		at := 0
		for _, n := range rows {
			if err := m.Add(z.F32[at*12 : (at+n)*12]); err != nil {
				t.Fatal(err)
			}
			at += n
		}
		p, err := m.Prior(names(12))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range p.Avg {
			if math.Abs(float64(v-want.F32[i])) > 6e-8 { // one step of float32 below 1
				t.Errorf("batches %v, class %d: %v, want %v", rows, i, v, want.F32[i])
			}
		}
		if m.Rows() != 30 {
			t.Errorf("%d rows", m.Rows())
		}
	}
}

func TestMeanRefusesWrongInput(t *testing.T) {
	m := NewMean(3)
	_, err := m.Prior(names(3))
	wantError(t, err, "no image")
	wantError(t, m.Add(make([]float32, 4)), "4 logits", "3 classes")
	if err := m.Add([]float32{1e4, -1e4, 0}); err != nil {
		t.Fatal(err)
	}
	wantError(t, m.Add([]float32{0, 0, 0, 0, float32(math.NaN()), 0}), "image 2", "class number 1")
	p, err := m.Prior(names(3))
	if err != nil || !slices.Equal(p.Avg, []float32{1, 0, 0.5}) {
		t.Errorf("%v %v", p, err)
	}
	_, err = m.Prior(names(2))
	wantError(t, err, "2 class names for 3 outputs")
}

func TestSavedPriorReadsBackTheSameInAnyOrder(t *testing.T) {
	p := &Prior{Classes: []string{"a, \"b\"", "naïve", "c"}, Avg: []float32{0.1, 1, math.SmallestNonzeroFloat32}}
	path := filepath.Join(t.TempDir(), "prior.csv")
	if err := p.Save(safefile.OS(), path); err != nil {
		t.Fatal(err)
	}
	back, warnings, err := Load(context.Background(), path, []string{"c", "a, \"b\"", "naïve"}, "")
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	if !slices.Equal(back.Avg, []float32{p.Avg[2], p.Avg[0], p.Avg[1]}) {
		t.Errorf("%v", back.Avg)
	}
	bad := &Prior{Classes: []string{"a", "a"}, Avg: []float32{0, 0}}
	wantError(t, bad.Save(safefile.OS(), path), "prior.csv", `"a" appears twice`)
	if back, _, err := Load(context.Background(), path, p.Classes, ""); err != nil || !slices.Equal(back.Avg, p.Avg) {
		t.Errorf("the file changed: %v %v", back, err)
	}
}

func TestStrayRowIsAWarningWithLineAndContent(t *testing.T) {
	path := filepath.Join("testdata", "stray_row.csv")
	p, warnings, err := Load(context.Background(), path, []string{"toothbrush", "person", "bicycle"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Avg, []float32{0.0078125, 0.5, 0.125}) {
		t.Errorf("%v", p.Avg)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "line 5") || !strings.Contains(warnings[0], `"1542867"`) || !strings.Contains(warnings[0], "stray_row.csv") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestReadWarnsOfUnknownRowsAndLimitsTheirNumber(t *testing.T) {
	text := "a,0.1\nb,0.2\n" + strings.Repeat("other,x\n", 15)
	_, warnings, err := read(strings.NewReader(text), []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 11 || !strings.Contains(warnings[0], `line 3: "other,x"`) || !strings.Contains(warnings[10], "5 more") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestReadErrorsNameLineAndValue(t *testing.T) {
	classes := []string{"a", "b", "c"}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"Classes,avg_pred\na,0.1\nb,0.2\na,0.1\nc,0\n", []string{"line 4", `"a" appears twice`, "line 2"}},
		{"a,0.1\nb,0.2\n", []string{`"c" is missing`, "1 of 3"}},
		{"Classes,avg_pred\nperson,0.1\ncar,0.3\nb,0.1\n", []string{"another class list", "of its 3 rows only 1", "3 classes"}},
		{"a,0.1\nb,1.5\nc,0\n", []string{"line 2", `"b"`, `"1.5"`}},
		{"a,0.1\nb,-0.5\nc,0\n", []string{"line 2", `"-0.5"`}},
		{"a,NaN\n", []string{"line 1", `"NaN"`}},
		{"a,1e99\n", []string{"line 1", `"1e99"`}},
		{"a,much\n", []string{"line 1", `"much"`}},
		{"a\n", []string{"line 1", `"a"`, "1 fields, want 2"}},
		{"a,1,2\n", []string{"line 1", "3 fields"}},
		{"", []string{"the file is empty"}},
		{"1542867\n", []string{"no row Classes,avg_pred"}},
		{"version https://git-lfs.github.com/spec/v1\n", []string{"git lfs pull"}},
		{"<html>\n", []string{"HTML"}},
		{"\"a,1\n", []string{"quote"}},
	} {
		_, _, err := read(strings.NewReader(c.text), classes)
		if err == nil {
			t.Errorf("%q: no error", c.text)
			continue
		}
		wantError(t, err, c.want...)
	}
	_, _, err := Load(context.Background(), filepath.Join(t.TempDir(), "none.csv"), classes, "")
	wantError(t, err, "none.csv")
	_, _, err = read(strings.NewReader(""), []string{"x", "x"})
	wantError(t, err, "class list", `"x"`)
}

func FuzzRead(f *testing.F) {
	f.Add("Classes,avg_pred\na,0.1\nb,0.2\n1542867\n")
	f.Add("\ufeffa,1\r\nb,1e-40\n\"q\",\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, _, err := read(strings.NewReader(text), []string{"a", "b"})
		if err != nil {
			return
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := p.write(&b); err != nil {
			t.Fatal(err)
		}
		back, warnings, err := read(&b, p.Classes)
		if err != nil || len(warnings) != 0 || !slices.Equal(back.Avg, p.Avg) {
			t.Fatalf("%v %v %v", back, warnings, err)
		}
	})
}
