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

	"csl/internal/fixture"
	"csl/internal/rundir"
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

// chromium is the browser; the test is skipped, or fails, without one.
func chromium(t *testing.T) string {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil && browserNeeded {
		t.Fatal("the test needs chromium (apt-get install chromium): ", err)
	} else if err != nil {
		t.Skip("no chromium here; the long tests insist on it")
	}
	return browser
}

// drive opens a page with a script behind it, which leaves what it saw in the title, and reads that into seen. scheme
// is 0 for dark, 1 for light.
func drive(t *testing.T, page, script string, width int, scheme string, seen any) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	driven := strings.Replace(string(text), "<head>", "<head><script>var errors = 0; window.onerror = function () { errors++; };</script>", 1)
	driven = strings.Replace(driven, "</body>", "<script>"+script+"</script></body>", 1)
	dir := t.TempDir()
	page = filepath.Join(dir, "driven.html")
	if err := os.WriteFile(page, []byte(driven), 0o600); err != nil {
		t.Fatal(err)
	}
	dom, err := exec.CommandContext(t.Context(), chromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "profile"),
		"--blink-settings=preferredColorScheme="+scheme, fmt.Sprintf("--window-size=%d,2000", width), "--dump-dom", "file://"+page).Output()
	found := regexp.MustCompile(`<title>SEEN(.*)END</title>`).FindSubmatch(dom)
	if err != nil || found == nil {
		t.Fatalf("%d pixels: %v:\n%s", width, err, dom)
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(found[1]), "&quot;", `"`)), seen); err != nil {
		t.Fatal(err)
	}
}

// A browser draws the page of models, light and dark, wide and on a phone; its table can be sorted and filtered.
func TestPageOfModelsWorksInChromium(t *testing.T) {
	chromium(t)
	first, second, labels := rivals(t)
	dir := t.TempDir()
	page := filepath.Join(dir, "page.html")
	if code, _, stderr := csl(t, "validate", "--scores", first, "--scores", second, "--annotations", labels, "--bootstrap", "10", "--report", page); code != exitOK {
		t.Fatal(stderr)
	}
	backgrounds := map[string]bool{}
	for _, view := range []struct {
		width  int
		scheme string // 0: dark, 1: light
	}{{360, "0"}, {1400, "1"}, {3840, "1"}} {
		width, scheme := view.width, view.scheme
		var seen struct {
			Errors, Requests, Sorted                                        int
			Wide, Shown                                                     bool
			Before, ByName, ByNameBack, ByCount, Filtered, Count, All, Dark string
		}
		drive(t, page, clicks, width, scheme, &seen)
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

// looks says how a page lies in the window, once its images are there: at the load event, after which the browser prints
// the page.
const looks = `
window.addEventListener('load', function () {
  var images = Array.from(document.images);
  document.title = 'SEEN' + JSON.stringify({
    errors: errors, wide: document.documentElement.scrollWidth > window.innerWidth,
    requests: performance.getEntriesByType('resource').filter(function (e) { return !e.name.startsWith('data:'); }).length,
    images: images.length, empty: images.filter(function (i) { return !i.naturalWidth; }).length,
    outside: Array.from(document.querySelectorAll('svg, .cell, .thumbnail')).filter(function (e) { return e.getBoundingClientRect().right > window.innerWidth + 1; }).length,
    sections: Array.from(document.querySelectorAll('h2')).map(function (h) { return h.textContent; }).join('|'),
  }) + 'END';
});
`

// The page that training leaves fits a phone and a wide window, and its thumbnails are images.
func TestPageOfARunFitsInChromium(t *testing.T) {
	chromium(t)
	d, run := fixture.Make(t, 6, 6), filepath.Join(t.TempDir(), "run")
	args := []string{"train", "-q"}
	for _, s := range d.Settings(run, "schedule.epochs=1") {
		args = append(args, "--set", s)
	}
	if code, _, stderr := csl(t, args...); code != exitOK {
		t.Fatal(stderr)
	}
	for width, scheme := range map[int]string{360: "1", 1400: "0"} {
		var seen struct {
			Errors, Requests, Images, Empty, Outside int
			Wide                                     bool
			Sections                                 string
		}
		drive(t, filepath.Join(run, rundir.Report), looks, width, scheme, &seen)
		if seen.Errors > 0 || seen.Requests > 0 || seen.Wide || seen.Outside > 0 || seen.Empty > 0 || seen.Images < 6 {
			t.Errorf("%d pixels: %+v", width, seen)
		}
		for _, section := range []string{"Curves", "Scores in detail", "Class prior", "Worst errors: known absent, scored high", "Average precision of each class"} {
			if !strings.Contains(seen.Sections, section) {
				t.Errorf("%d pixels: no section %q in %q", width, section, seen.Sections)
			}
		}
	}
}
