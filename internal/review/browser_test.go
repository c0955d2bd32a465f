package review

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"csl/internal/audit/list"
	"csl/internal/review/browser"
)

// TestInABrowser runs what needs Chromium; where it is missing, it says which checks did not run.
func TestInABrowser(t *testing.T) {
	path := browser.Find()
	if path == "" {
		browser.Missing(t, browserNeeded)
	}
	chrome := browser.Start(t, path)
	t.Run("questions are answered with keys", func(t *testing.T) { questionsWithKeys(t, chrome) })
	t.Run("a grid is answered with keys, mouse and finger", func(t *testing.T) { gridWithKeys(t, chrome) })
	t.Run("pages fit narrow windows and have names", func(t *testing.T) { narrowPages(t, chrome) })
	t.Run("a foreign page cannot answer", func(t *testing.T) { foreignForm(t, chrome) })
}

// enter is the address with the token.
func (b *bench) enter() string { return b.http.URL + "/?token=" + b.server.token }

const (
	says    = `document.getElementById("message")?.textContent.includes(%q)`
	asks    = `document.getElementById("ask")?.textContent === %q`
	focused = `(document.activeElement.dataset.key || document.activeElement.name || document.activeElement.id)`
)

func questionsWithKeys(t *testing.T, chrome *browser.Browser) {
	t.Helper()
	b := newBench(t, 6, nil)
	b.server.descriptions = map[string]string{"red": "A colour"}
	p := chrome.Page(t, b.enter(), 1000, 800, false)
	p.Wait(fmt.Sprintf(asks, "Does this image show red?"))
	if at := p.Eval("location.href"); at != b.http.URL+"/" {
		t.Errorf("the address is %s: the token has to be gone from it", at)
	}
	p.Wait(`document.querySelector("figure img").naturalWidth > 0`)
	for _, key := range []struct{ press, said string }{
		{"y", "Saved: red, yes (score 1.000)."},
		{"n", "Saved: red, no (score 0.990)."},
		{"u", "Saved: red, unsure (score 0.980)."},
		{"s", "Skipped: red, skip."},
		{"Y", "Saved: red, yes (score 0.960)."},
		{"z", "Undone: red."},
		{"n", "Saved: red, no (score 0.960)."},
		{"Backspace", "Undone: red."},
	} {
		p.Press(key.press)
		p.Wait(fmt.Sprintf(says, key.said))
		p.Wait(fmt.Sprintf(`document.getElementById("live").textContent.startsWith(%q)`, key.said+" Does this image show"))
	}
	want := []string{
		row(0, "red", "1", "one"), row(1, "red", "0", "one"), row(2, "red", "unsure", "one"), row(4, "red", "1", "one"),
		row(4, "red", "undone", "undo"), row(4, "red", "0", "one"), row(4, "red", "undone", "undo"),
	}
	if got := b.rows(); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}

	// Without letter keys, the buttons work with Tab and Enter, and keep the focus.
	p.Eval(`document.getElementById("shortcuts").click()`)
	p.Press("y")
	p.Eval(`document.querySelector("button.yes").focus()`)
	p.Press("Tab", "Enter")
	p.Wait(fmt.Sprintf(says, "Saved: red, no"))
	if at := p.Eval(focused); at != "n" {
		t.Errorf("the focus is on %q", at)
	}
	if got := b.rows(); len(got) != len(want)+1 {
		t.Errorf("rows %q: a letter answered although letters are off", got)
	}
	p.Tap("button.yes")
	p.Wait(fmt.Sprintf(says, "Saved: red, yes"))

	// A server that is gone is said to be gone, and the question stays.
	ask := p.Eval(`document.querySelector("[name=question]").value`)
	b.http.Listener.Close() // first, so that no new connection takes the place of those that are closed
	b.http.CloseClientConnections()
	p.Click("button.no")
	p.Wait(`!document.getElementById("alert").hidden && document.getElementById("alert").textContent.includes("nothing was saved")`)
	if p.Eval(`document.querySelector("[name=question]").value`) != ask {
		t.Error("the question is gone although nothing was saved")
	}
}

func gridWithKeys(t *testing.T, chrome *browser.Browser) {
	t.Helper()
	b := newBench(t, 8, nil)
	p := chrome.Page(t, b.enter(), 1000, 800, false)
	p.Wait(fmt.Sprintf(asks, "Does this image show red?"))
	p.Go(b.http.URL + "/grid?class=1")
	p.Wait(fmt.Sprintf(asks, "Which of these show green?"))
	p.Wait(`[...document.images].every((e) => e.complete)`)
	p.Press("ArrowRight", " ", "ArrowRight", "u") // the first one is chosen, the second one unsure
	p.Click(".tile:nth-child(4) .choose")
	p.Tap(".tile:nth-child(6) .choose")
	// The browser makes a click of a tap in its own time.
	p.Wait(`document.querySelectorAll("input:checked[name=chosen], input:checked[name=unsure]").length === 4`)
	p.Press("Enter")
	p.Wait(fmt.Sprintf(says, "Saved: 3 yes, 4 no, 1 unsure."))
	var values []string
	for _, r := range b.rows() {
		values = append(values, strings.Split(r, ",")[2])
	}
	if !slices.Equal(values, []string{"1", "unsure", "0", "1", "0", "1", "0", "0"}) {
		t.Errorf("values %q", values)
	}
	p.Press("z")
	p.Wait(fmt.Sprintf(says, "Undone: 8 answers."))
	p.Go(b.http.URL + "/grid?class=1&mode=except")
	p.Wait(fmt.Sprintf(asks, "All of these show green, except the ones I choose"))
	p.Click(".tile:nth-child(2) .choose")
	p.Click("button.save")
	p.Wait(fmt.Sprintf(says, "Saved: 7 yes, 1 no, 0 unsure."))
}

// unlabelled counts what a screen reader could not name.
const unlabelled = `[...document.querySelectorAll("button, a, select, input:not([type=hidden])")].filter((e) =>
	!(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length && [...e.labels].some((l) => l.textContent.trim() || l.querySelector("img[alt]")))).length +
	[...document.querySelectorAll("img:not([alt])")].length`

func narrowPages(t *testing.T, chrome *browser.Browser) {
	t.Helper()
	b := newBench(t, 6, func(l *[]list.Candidate) {
		for i := range *l {
			(*l)[i].Class += " and_a_very_long_name_that_has_no_place_where_it_could_be_broken_into_lines"
		}
	})
	for _, dark := range []bool{false, true} {
		p := chrome.Page(t, b.enter(), 360, 740, dark)
		p.Wait(`document.querySelector("figure img")?.naturalWidth > 0`)
		for _, path := range []string{"/", "/grid", "/classes"} {
			p.Go(b.http.URL + path)
			p.Wait(fmt.Sprintf(`document.readyState === "complete" && location.pathname === %q && document.getElementById("ask") !== null`, path))
			if w := p.Eval("document.documentElement.scrollWidth"); w != "360" {
				t.Errorf("%s is %s pixels wide in a window of 360", path, w)
			}
			if n := p.Eval(unlabelled); n != "0" {
				t.Errorf("%s has %s things without a name", path, n)
			}
		}
		if back := p.Eval("getComputedStyle(document.body).backgroundColor"); (back == "rgb(20, 20, 23)") != dark {
			t.Errorf("dark %v: the page is %s", dark, back)
		}
	}
}

func foreignForm(t *testing.T, chrome *browser.Browser) {
	t.Helper()
	b := newBench(t, 2, nil)
	p := chrome.Page(t, b.enter(), 800, 600, false)
	p.Wait(fmt.Sprintf(asks, "Does this image show red?"))
	foreign := foreignPage(t, fmt.Sprintf(`<form method="post" action="%s/answer"><input name="question" value="0:0"><input name="answer" value="yes"></form>
<img id="i" src="%s/image/run/0/large"><p id="done"></p>`, b.http.URL, b.http.URL))
	p.Go(foreign)
	p.Wait(`document.getElementById("i")?.complete`)
	if w := p.Eval(`document.getElementById("i").naturalWidth`); w != "0" {
		t.Errorf("a foreign page shows an image, %s pixels wide", w)
	}
	p.Eval(`document.forms[0].submit()`)
	p.Wait(`document.getElementById("error")?.textContent.includes("another page") === true`)
	if rows := b.rows(); len(rows) != 0 {
		t.Errorf("rows %q", rows)
	}
}

// foreignPage serves a page at another origin.
func foreignPage(t *testing.T, html string) string {
	t.Helper()
	l, _, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, html)
	})}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return "http://" + strings.Replace(l.Addr().String(), "127.0.0.1", "localhost", 1) + "/"
}
