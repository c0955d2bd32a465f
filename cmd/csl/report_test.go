package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/config"
	"csl/internal/rundir"
)

func TestReportRefusesWrongUsageAndFoldersThatAreNoRun(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for line, want := range map[string]struct {
		code int
		text string
	}{
		"report":                           {exitUsage, "no run given"},
		"report x --format xml":            {exitUsage, `--format "xml"`},
		"report x --images -1":             {exitUsage, "--images -1"},
		"report " + none:                   {exitFailure, "not a run directory"},
		"report " + none + " --out p.html": {exitFailure, "not a run directory"},
	} {
		code, out, err := csl(t, strings.Fields(line)...)
		if code != want.code || out != "" || !strings.Contains(err, want.text) || strings.Count(err, "csl: ") != 1 {
			t.Errorf("csl %s: code %d, stdout %q, stderr %q", line, code, out, err)
		}
	}
}

func TestReportOfAStartedRunPrintsTheTableAndSaysWhatThePageLacks(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, rundir.Config))
	if err != nil {
		t.Fatal(err)
	}
	if err := config.Default().Write(f, "", false); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := csl(t, "report", dir)
	if code != exitOK || !strings.Contains(out, "0/30") || !strings.Contains(stderr, "not in the report") || !strings.Contains(stderr, "no best.safetensors yet") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, rundir.Report)); err != nil {
		t.Error(err)
	}
	code, out, stderr = csl(t, "report", "-q", "--format", "json", dir)
	if code != exitOK || !strings.HasPrefix(out, `{"runs":[{"run":`) || strings.Count(out, "\n") != 1 {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, stderr)
	}
}
