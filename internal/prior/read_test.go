package prior

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"csl/internal/safefile"
)

func TestPriorFilesAsOtherProgramsWriteThemAreRead(t *testing.T) {
	for name, text := range map[string]string{
		"plain":             "Classes,avg_pred\ndog,0.5\ncat,0.25\n",
		"byte order mark":   "\ufeffClasses,avg_pred\ndog,0.5\ncat,0.25\n",
		"quoted, with mark": "\ufeff\"Classes\",\"avg_pred\"\n\"dog\",\"0.5\"\n\"cat\",\"0.25\"\n",
		"index column":      ",Classes,avg_pred\n0,dog,0.5\n1,cat,0.25\n",
		"other columns":     "avg_pred,note,classes\n0.5,x,dog\n0.25,\"a,b\",cat\n",
		"spaces":            " Classes , avg_pred \n dog , 0.5 \ncat ,0.25\n",
		"CRLF and blanks":   "Classes,avg_pred\r\ndog,0.5\r\ncat,0.25\r\n\r\n\r\n",
		"CR alone":          "Classes,avg_pred\rdog,0.5\rcat,0.25\r",
		"no header":         "dog,0.5\ncat,0.25\n",
		"intervals":         "Classes,avg_pred,low,high\ndog,0.5,0.25,0.75\ncat,0.25,0,0.5\n",
	} {
		path := filepath.Join(t.TempDir(), "p.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, warnings, err := Load(context.Background(), path, []string{"cat", "dog"}, "")
		if err != nil || len(warnings) != 0 || !slices.Equal(p.Avg, []float32{0.25, 0.5}) {
			t.Errorf("%s: %+v, %q, %v", name, p, warnings, err)
			continue
		}
		if (name == "intervals") != slices.Equal(p.High, []float32{0.5, 0.75}) {
			t.Errorf("%s: intervals to %v", name, p.High)
		}
	}
}

func TestEncodingsOfPriorFilesAreDetectedOrNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.csv")
	if err := os.WriteFile(path, []byte("caf\xe9,0.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Load(context.Background(), path, []string{"café"}, "")
	wantError(t, err, "p.csv", "UTF-8", "line 1")
	if p, _, err := Load(context.Background(), path, []string{"café"}, "latin1"); err != nil || p.Avg[0] != 0.5 {
		t.Errorf("%+v, %v", p, err)
	}
	if err := os.WriteFile(path, []byte("\xff\xfed\x00,\x001\x00\n\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, _, err := Load(context.Background(), path, []string{"d"}, ""); err != nil || p.Avg[0] != 1 { // the mark is enough
		t.Errorf("%+v, %v", p, err)
	}
}

func TestNamesThatDifferInSpacesOrFormAreTheClassUnlessAnotherIsExact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.csv")
	if err := os.WriteFile(path, []byte("cafe\u0301 ,0.5\na,0.25\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, _, err := Load(context.Background(), path, []string{"a", "caf\u00e9"}, "")
	if err != nil || !slices.Equal(p.Avg, []float32{0.25, 0.5}) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestIntervalsAreWrittenReadAndChecked(t *testing.T) {
	p := &Prior{Classes: []string{"a", "b"}, Avg: []float32{0.1, 1}, Low: []float32{0, 0.3}, High: []float32{0.2, 1}}
	path := filepath.Join(t.TempDir(), "prior.csv")
	if err := p.Save(safefile.OS(), path); err != nil {
		t.Fatal(err)
	}
	back, _, err := Load(context.Background(), path, p.Classes, "")
	if err != nil || !slices.Equal(back.Low, p.Low) || !slices.Equal(back.High, p.High) {
		t.Errorf("%+v, %v", back, err)
	}
	for name, bad := range map[string]*Prior{
		"interval":   {Classes: []string{"a"}, Avg: []float32{0.5}, Low: []float32{0.6}, High: []float32{0.7}},
		"2 ends":     {Classes: []string{"a"}, Avg: []float32{0.5}, Low: []float32{0.4}, High: []float32{0.7, 1}},
		"from 0.1 t": {Classes: []string{"a"}, Avg: []float32{0.5}, Low: []float32{0.1}, High: []float32{2}},
	} {
		wantError(t, bad.Validate(), name)
	}
	if err := os.WriteFile(path, []byte("Classes,avg_pred,low,high\na,0.5,0.6,0.7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = Load(context.Background(), path, []string{"a"}, "")
	wantError(t, err, "line 2", `"a"`, "not from low")
}
