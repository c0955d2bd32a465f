package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A browser draws the page, wide and on a phone, with all that is in it.
func TestDataStatsPageOpensInChromium(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil && browserNeeded {
		t.Fatal("the test needs chromium (apt-get install chromium): ", err)
	} else if err != nil {
		t.Skip("no chromium here; the long tests insist on it")
	}
	dir := t.TempDir()
	page := filepath.Join(dir, "stats.html")
	if code, _, stderr := csl(t, "data", "stats", "--annotations", labelFile(t, "l.csv", wideLabels), "--out", page); code != exitOK {
		t.Fatal(stderr)
	}
	for _, width := range []string{"360", "1400"} {
		screenshot := filepath.Join(dir, width+".png")
		out, err := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size="+width+",2000", "--screenshot="+screenshot, "file://"+page).CombinedOutput()
		if info, e := os.Stat(screenshot); err != nil || e != nil || info.Size() < 10000 {
			t.Errorf("%s pixels: %v, %v:\n%s", width, err, e, out)
		}
	}
	dom, err := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "file://"+page).Output()
	if err != nil || strings.Count(string(dom), "</svg>") != 3 || !strings.Contains(string(dom), "</footer>") {
		t.Errorf("%v:\n%s", err, dom)
	}
}
