package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// clicks sorts and filters the table of classes as a reader does, and leaves what came out in the page's title.
const clicks = `
var seen = { errors: errors, wide: document.documentElement.scrollWidth > window.innerWidth, requests: performance.getEntriesByType('resource').filter(function (e) { return !e.name.startsWith('data:'); }).length };
var names = function () { return Array.from(document.querySelectorAll('#classes tbody tr')).filter(function (r) { return !r.hidden; }).map(function (r) { return r.cells[0].textContent; }).join(' '); };
var buttons = document.querySelectorAll('#classes thead button');
seen.before = names();
buttons[0].click(); seen.byName = names();
buttons[0].click(); seen.byNameBack = names();
buttons[3].click(); seen.byCount = names();
seen.sorted = document.querySelectorAll('#classes th[aria-sort]').length;
var box = document.querySelector('#classfilter input');
box.value = 'DO'; box.dispatchEvent(new Event('input')); seen.filtered = names();
seen.count = document.querySelector('#classfilter output').textContent;
box.value = ''; box.dispatchEvent(new Event('input')); seen.all = names();
seen.shown = document.querySelector('#classfilter').offsetParent !== null;
seen.dark = getComputedStyle(document.body).backgroundColor;
document.title = 'SEEN' + JSON.stringify(seen) + 'END';
`

// A browser draws the page of models, light and dark, wide and on a phone; its table can be sorted and filtered.
func TestPageOfModelsWorksInChromium(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil && browserNeeded {
		t.Fatal("the test needs chromium (apt-get install chromium): ", err)
	} else if err != nil {
		t.Skip("no chromium here; the long tests insist on it")
	}
	first, second, labels := rivals(t)
	dir := t.TempDir()
	page := filepath.Join(dir, "page.html")
	if code, _, stderr := csl(t, "validate", "--scores", first, "--scores", second, "--annotations", labels, "--bootstrap", "10", "--report", page); code != exitOK {
		t.Fatal(stderr)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	driven := strings.Replace(string(text), "<head>", "<head><script>var errors = 0; window.onerror = function () { errors++; };</script>", 1)
	driven = strings.Replace(driven, "</body>", "<script>"+clicks+"</script></body>", 1)
	page = filepath.Join(dir, "driven.html")
	if err := os.WriteFile(page, []byte(driven), 0o600); err != nil {
		t.Fatal(err)
	}
	backgrounds := map[string]bool{}
	for _, view := range []struct {
		width  int
		scheme string // 0: dark, 1: light
	}{{360, "0"}, {1400, "1"}, {3840, "1"}} {
		width, scheme := view.width, view.scheme
		dom, err := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "profile"),
			"--blink-settings=preferredColorScheme="+scheme, fmt.Sprintf("--window-size=%d,2000", width), "--dump-dom", "file://"+page).Output()
		found := regexp.MustCompile(`<title>SEEN(.*)END</title>`).FindSubmatch(dom)
		if err != nil || found == nil {
			t.Fatalf("%d pixels: %v:\n%s", width, err, dom)
		}
		var seen struct {
			Errors, Requests, Sorted                                        int
			Wide, Shown                                                     bool
			Before, ByName, ByNameBack, ByCount, Filtered, Count, All, Dark string
		}
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(found[1]), "&quot;", `"`)), &seen); err != nil {
			t.Fatal(err)
		}
		if seen.Errors > 0 || seen.Requests > 0 || seen.Wide || !seen.Shown || seen.Sorted != 1 {
			t.Errorf("%d pixels, scheme %s: %+v", width, scheme, seen)
		}
		if seen.Before != "cat dog" || seen.ByName != "cat dog" || seen.ByNameBack != "dog cat" || seen.ByCount != "dog cat" ||
			seen.Filtered != "dog" || seen.Count != "1 of 2" || seen.All != "dog cat" {
			t.Errorf("%d pixels: sorted and filtered to %+v", width, seen)
		}
		backgrounds[seen.Dark] = true
	}
	if len(backgrounds) != 2 {
		t.Errorf("light and dark have the backgrounds %v", backgrounds)
	}
}
