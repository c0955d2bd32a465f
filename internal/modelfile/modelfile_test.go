package modelfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/images/codec"
	"csl/internal/rundir"
)

// stored writes a small random checkpoint of three classes, with metadata or more tensors where given.
func stored(t *testing.T, meta *checkpoint.Meta, more ...checkpoint.Out) string {
	t.Helper()
	return checkpointtest.Tiny(t, 3, meta, more...)
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, o Options) *Model {
	t.Helper()
	m, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPreprocessingIsTheCheckpointsUnlessOverridden(t *testing.T) {
	classes := []checkpoint.Class{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	meta := &checkpoint.Meta{
		Classes: classes,
		Input:   &checkpoint.Input{Height: 64, Width: 96, Interpolation: "bicubic", EXIFOrientation: true, Mean: []float64{0.5, 0.5, 0.5}, Std: []float64{0.25, 0.25, 0.25}},
	}
	path := stored(t, meta)
	m := load(t, Options{Path: path})
	if m.Input.Height != 64 || m.Input.Width != 96 || m.Input.Interpolation != "bicubic" || !m.Input.EXIFOrientation || len(m.Warnings) > 0 {
		t.Errorf("%+v", m)
	}
	upright := false
	m = load(t, Options{Path: path, Height: 32, Width: 32, Interpolation: "bilinear", EXIFOrientation: &upright})
	if m.Input.Height != 32 || m.Input.Width != 32 || m.Input.Interpolation != "bilinear" || m.Input.EXIFOrientation || len(m.Warnings) != 3 {
		t.Errorf("%+v", m)
	}
	if want := "input size 32 is not what the checkpoint was made for (64x96)"; m.Warnings[0] != want {
		t.Errorf("warning %q, want %q", m.Warnings[0], want)
	}
	m = load(t, Options{Path: stored(t, &checkpoint.Meta{Classes: classes}), Height: 32, Width: 64})
	if m.Input.Height != 32 || m.Input.Width != 64 || m.Input.Interpolation != "bilinear" || len(m.Warnings) > 0 {
		t.Errorf("%+v", m)
	}
}

func TestLeftOverTensorsAreRefusedUnlessLenient(t *testing.T) {
	path := stored(t, nil, checkpoint.FloatOut("body.extra", []float32{1}, 1))
	if _, err := Open(t.Context(), Options{Path: path}); !errors.Is(err, checkpoint.ErrMismatch) || !strings.Contains(err.Error(), "body.extra") ||
		!strings.Contains(err.Error(), "--strict=false") {
		t.Errorf("strict: %v", err)
	}
	m := load(t, Options{Path: path, Lenient: true})
	if !strings.Contains(strings.Join(m.Warnings, "\n"), "1 unexpected (body.extra)") {
		t.Errorf("warnings %q", m.Warnings)
	}
}

func TestClassFiles(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb\nc\n":                                     "a|b|c",
		"a\r\n\r\n b \r\nc":                             "a|b|c",
		"\ufeffa\nb\nc":                                 "a|b|c",
		"coffee, black\ntea\nwater\n":                   "coffee, black|tea|water",
		"/m/2,b\n/m/1,\"a, or so\"\n/m/3,c":             "b|a, or so|c",
		"LabelName,DisplayName\n/m/1,a\n/m/2,b\nc,d":    "a|b|d",
		"category_id,name\n7,c\n1,a\n3,b\n":             "a|b|c",
		"10,c\n9,b\n1,a\n":                              "a|b|c",
		"tench, Tinca tinca\nray, manta\nhen, brown\n":  "tench, Tinca tinca|ray, manta|hen, brown",
		"\"dryer, blower\"\nb\n\"c \"\n":                "dryer, blower|b|c",
		"1\tb\n0\ta\n2\tc\n":                            "a|b|c",
		"0 a a\n1 b\n2 c\n":                             "a a|b|c",
		"0: a\n1: b\n2: c\n":                            "a|b|c",
		"name\na\nb\nc\n":                               "a|b|c",
		"a\rb\rc\r":                                     "a|b|c",
		`["a", "b", "c"]`:                               "a|b|c",
		"{\"1\": \"b\",\n \"0\": \"a\", \"10\": \"c\"}": "a|b|c",
	} {
		got, err := ReadClasses(t.Context(), file(t, "classes.txt", text), 3, "")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var names []string
		for _, c := range got {
			names = append(names, c.Name)
		}
		if strings.Join(names, "|") != want {
			t.Errorf("%q: %q", text, names)
		}
	}
	for _, text := range []string{"", "a\nb", "a\nb\nc\nd", "a\nb\na", "version https://git-lfs.github.com/spec/v1\n", "\xff\xfe", "a\nb\xe9\nc", `["a","b",3]`, `{"x":"a"}`, `["a","b","c"`} {
		if got, err := ReadClasses(t.Context(), file(t, "classes.txt", text), 3, ""); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDescriptionsOfNothingAreSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "d.csv")
	if err := os.WriteFile(file, []byte("/m/1,Cat\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := load(t, Options{Path: stored(t, nil), Descriptions: file})
	if text := strings.Join(m.Warnings, "\n"); !strings.Contains(text, "is not used: no class has a name") {
		t.Errorf("warnings %q", m.Warnings)
	}
}

func TestTheInputIs448WhereNothingSaysOtherwise(t *testing.T) {
	m := load(t, Options{Path: stored(t, nil)})
	l := m.Loading(codec.Options{MaxPixels: 7, EXIFOrientation: true})
	if l.Height != 448 || l.Width != 448 || l.Interpolation != "bilinear" || l.Decode.MaxPixels != 7 || !l.Decode.EXIFOrientation {
		t.Errorf("%+v", l)
	}
	if _, err := Open(t.Context(), Options{Path: stored(t, nil), Height: 30, Width: 30}); err == nil {
		t.Error("30 pixels were taken")
	}
}

func TestARunDirectoryMeansItsBestWeights(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(t.Context(), Options{Path: dir}); err == nil || !strings.Contains(err.Error(), "directory without best.safetensors") {
		t.Errorf("empty directory: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, rundir.Config), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Path: dir}); err == nil || !strings.Contains(err.Error(), "no best.safetensors yet") {
		t.Errorf("unfinished run: %v", err)
	}
	if err := os.Rename(stored(t, nil), filepath.Join(dir, rundir.Best)); err != nil {
		t.Fatal(err)
	}
	if m := load(t, Options{Path: dir}); m.Path != filepath.Join(dir, rundir.Best) || m.NumClasses() != 3 {
		t.Errorf("path %q, %d classes", m.Path, m.NumClasses())
	}
}

func FuzzParseClasses(f *testing.F) {
	for _, s := range []string{"a\nb\n", "1,a\n2,b\n", "id,name\n1,a", "\"", "a,\"b\nc\"\n", ",\n,\n"} {
		f.Add(s, 2)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		classes, err := parseClasses(text, n)
		for _, c := range classes {
			if err == nil && c.Name == "" {
				t.Errorf("%q: a class without a name", text)
			}
		}
	})
}
