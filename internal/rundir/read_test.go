package rundir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReadLogSortsRecordsByKindAndDropsACutLastLine(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, Metrics, `{"kind":"step","step":10,"epoch":0,"loss":2.5,"dropped":0.25}
{"kind":"validation","step":10,"epoch":0,"regular":{"map_partial":41.5},"ema":{"map_partial":null},"monitor":"map_partial","best":41.5,"source":"regular","improved":true}
{"kind":"step","step":20,"epo`)
	log, err := ReadLog(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(log.Steps) != 1 || log.Steps[0].Loss != 2.5 || log.Steps[0].Dropped != 0.25 {
		t.Errorf("steps = %+v", log.Steps)
	}
	if len(log.Validations) != 1 {
		t.Fatalf("validations = %+v", log.Validations)
	}
	v := log.Validations[0]
	if v.Regular.MAPPartial == nil || *v.Regular.MAPPartial != 41.5 || v.EMA.MAPPartial != nil || !v.Improved {
		t.Errorf("validation = %+v", v)
	}
}

func TestReadLogNamesTheBadLine(t *testing.T) {
	for _, bad := range []string{"not json\n", `{"kind":"other"}` + "\n"} {
		dir := t.TempDir()
		write(t, dir, Metrics, `{"kind":"step"}`+"\n"+bad)
		if _, err := ReadLog(dir); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: err = %v", bad, err)
		}
	}
}

func TestReadTimingsOfARunWithoutAny(t *testing.T) {
	got, err := ReadTimings(t.TempDir())
	if err != nil || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
}
