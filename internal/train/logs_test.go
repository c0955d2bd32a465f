package train

import (
	"os"
	"path/filepath"
	"testing"

	"csl/internal/fixture"
	"csl/internal/rundir"
)

func TestLogsKeepClocksOutOfTheMetrics(t *testing.T) {
	dir := t.TempDir()
	fixture.Write(t, filepath.Join(dir, rundir.Metrics), "{\"kind\":\"step\",\"step\":1}\nforgotten\n")
	keep := int64(len("{\"kind\":\"step\",\"step\":1}\n"))
	l, err := openLogs(fixture.FS(), dir, lengths{Metrics: keep}, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.record(rundir.Step{Kind: rundir.KindStep, Step: 2}, rundir.KindStep, 2, 64); err != nil {
		t.Fatal(err)
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	log, err := rundir.ReadLog(dir)
	if err != nil || len(log.Steps) != 2 || log.Steps[1].Step != 2 {
		t.Errorf("%+v, %v", log, err)
	}
	times, err := rundir.ReadTimings(dir)
	if err != nil || len(times) != 1 || times[0].Step != 2 || times[0].Rate <= 0 {
		t.Errorf("%+v, %v", times, err)
	}
	if _, err := openLogs(fixture.FS(), dir, lengths{Metrics: 1 << 20}, false); err == nil {
		t.Error("a log that lost lines was taken")
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub", rundir.Timings), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := openLogs(fixture.FS(), filepath.Join(dir, "sub"), lengths{}, false); err == nil {
		t.Error("a folder in a log's place was taken")
	}
}
