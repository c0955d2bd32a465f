//go:build long

package review

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"csl/internal/review/browser"
)

// browserNeeded makes a missing Chromium a failure: in the long tests only.
const browserNeeded = true

// TestTwoPeopleAnswerALongListInTwoBrowsers has two windows answer 400 questions with keys at the same time: every question
// gets one answer, that of the key pressed while it was shown.
func TestTwoPeopleAnswerALongListInTwoBrowsers(t *testing.T) {
	path := browser.Find()
	if path == "" {
		browser.Missing(t, browserNeeded)
	}
	chrome := browser.Start(t, path)
	b := newBench(t, 200, nil)
	b.server.now = time.Now
	var mu sync.Mutex
	pressed := map[string]string{}
	var wg sync.WaitGroup
	for person := range 2 {
		p := chrome.Page(t, b.enter(), 900-540*person, 740, person == 1)
		p.Wait(`document.getElementById("ask") !== null`)
		wg.Go(func() {
			for n := 0; ; n++ {
				p.Wait(`document.querySelector(".busy") === null && document.getElementById("ask") !== null`)
				id := p.Eval(`document.querySelector("[name=question]")?.value ?? "none"`)
				if id == "none" {
					return
				}
				key := []string{"y", "n", "u"}[n%3]
				p.Press(key)
				p.Wait(fmt.Sprintf(`(document.querySelector("[name=question]")?.value ?? "none") !== %q`, id))
				if message := p.Eval(`document.getElementById("message").textContent`); strings.HasPrefix(message, "Not saved") {
					continue
				}
				number, _, _ := strings.Cut(id, ":")
				mu.Lock()
				if pressed[number] != "" {
					t.Errorf("question %s was answered twice", number)
				}
				pressed[number] = map[string]string{"y": "1", "n": "0", "u": "unsure"}[key]
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(pressed) != 400 || len(b.rows()) != 400 {
		t.Fatalf("%d answers, %d rows", len(pressed), len(b.rows()))
	}
	for number, value := range pressed {
		var n int
		if _, err := fmt.Sscan(number, &n); err != nil {
			t.Fatal(err)
		}
		q := b.server.list[n]
		found := 0
		for _, r := range b.rows() {
			if strings.HasPrefix(r, q.Image+","+q.Class+","+value+",") {
				found++
			}
		}
		if found != 1 {
			t.Errorf("question %s, answered %s: %d such rows", number, value, found)
		}
	}
}
