package review

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"csl/internal/count"
	"csl/internal/printable"
)

// form reads a form and the filter in it. It answers a wrong one itself and returns false.
func (s *server) form(w http.ResponseWriter, r *http.Request) (filter, bool) {
	err := r.ParseForm()
	var f filter
	if err == nil {
		f, err = s.parseFilter(r.PostForm)
	}
	tooLong := (*http.MaxBytesError)(nil)
	switch {
	case errors.As(err, &tooLong):
		s.refuse(w, http.StatusRequestEntityTooLarge, "The form is too long.")
	case err != nil:
		s.refuse(w, http.StatusBadRequest, "The form is wrong: "+printable.Line(err.Error()))
	}
	return f, err == nil
}

// takeAnswer takes the answer to one question.
func (s *server) takeAnswer(w http.ResponseWriter, r *http.Request, c *client) {
	f, ok := s.form(w, r)
	if !ok {
		return
	}
	g, err := parseGiven(r.PostForm.Get("question"))
	if err == nil {
		g.answer, err = parseAnswer(r.PostForm.Get("answer"))
	}
	if err == nil && g.n >= len(s.list) {
		err = fmt.Errorf("question %d of %d", g.n+1, len(s.list))
	}
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "The form is wrong: "+printable.Line(err.Error()))
		return
	}
	taken, stale, err := s.answer(c, []given{g}, "one")
	if err != nil {
		s.unsaved(w, err)
		return
	}
	text := s.told(g.n)
	switch {
	case stale > 0:
		text = "Not saved: another window answered this question meanwhile. It has " + text
	case taken[0].answer == Skipped:
		text = "Skipped: " + text
	default:
		text = "Saved: " + text
	}
	s.tell(c, text, stale > 0)
	back(w, r, "/", f.query())
}

// told is a question and its answer in words; only here the score shows that may have been hidden.
func (s *session) told(n int) string {
	a, _ := s.at(n)
	text := fmt.Sprintf("%s, %s", printable.Line(s.list[n].Class), a)
	if a.answered() && s.list[n].Score == s.list[n].Score {
		text += fmt.Sprintf(" (score %.3f)", s.list[n].Score)
	}
	return text + "."
}

// takeGrid takes the answers to all images of a grid.
func (s *server) takeGrid(w http.ResponseWriter, r *http.Request, c *client) {
	f, ok := s.form(w, r)
	if !ok {
		return
	}
	list, err := s.gridAnswers(r.PostForm)
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "The form is wrong: "+printable.Line(err.Error()))
		return
	}
	taken, stale, err := s.answer(c, list, "grid")
	if err != nil {
		s.unsaved(w, err)
		return
	}
	var n [answers]int
	for _, g := range taken {
		n[g.answer]++
	}
	text := fmt.Sprintf("Saved: %d yes, %d no, %d unsure.", n[Yes], n[No], n[Unsure])
	if n[Skipped] > 0 {
		text = fmt.Sprintf("Skipped: %s.", count.Of(n[Skipped], "image"))
	}
	if stale > 0 {
		text += fmt.Sprintf(" Not saved: %s that another window answered meanwhile.", count.Of(stale, "answer"))
	}
	s.tell(c, text, stale > 0)
	v := f.query()
	v.Set("mode", gridMode(r.PostForm))
	back(w, r, "/grid", v)
}

// The modes of a grid: what a click on an image says.
const (
	pick   = "pick"   // these show the class, all others do not
	except = "except" // these do not show the class, all others do
)

func gridMode(v url.Values) string {
	if v.Get("mode") == except {
		return except
	}
	return pick
}

// gridAnswers reads the form of a grid.
func (s *server) gridAnswers(v url.Values) ([]given, error) {
	items := v["item"]
	if len(items) == 0 || len(items) > mostTiles {
		return nil, fmt.Errorf("%d images: want 1 to %d", len(items), mostTiles)
	}
	chosen, others := Yes, No
	if gridMode(v) == except {
		chosen, others = No, Yes
	}
	if v.Get("skip") != "" {
		chosen, others = Skipped, Skipped
	}
	marks := map[string]Answer{}
	for _, text := range v["chosen"] {
		marks[text] = chosen
	}
	if v.Get("skip") == "" {
		for _, text := range v["unsure"] {
			marks[text] = Unsure
		}
	}
	var list []given
	seen := map[int]bool{}
	for _, text := range items {
		g, err := parseGiven(text)
		if err != nil {
			return nil, err
		}
		if g.n >= len(s.list) || seen[g.n] {
			return nil, fmt.Errorf("question %d is not in the list, or is there twice", g.n+1)
		}
		seen[g.n] = true
		if g.answer = others; marks[strconv.Itoa(g.n)] != Open {
			g.answer = marks[strconv.Itoa(g.n)]
		}
		list = append(list, g)
	}
	return list, nil
}

// parseGiven reads "number:version".
func parseGiven(text string) (given, error) {
	number, version, _ := strings.Cut(text, ":")
	n, err := strconv.Atoi(number)
	v, verr := strconv.ParseUint(version, 10, 32)
	if err != nil || verr != nil || n < 0 {
		return given{}, fmt.Errorf("question %q: want number:version", text)
	}
	return given{n: n, version: uint32(v)}, nil
}

// takeUndo takes back the browser's last step.
func (s *server) takeUndo(w http.ResponseWriter, r *http.Request, c *client) {
	f, ok := s.form(w, r)
	if !ok {
		return
	}
	undone, stale, err := s.undo(c)
	if err != nil {
		s.unsaved(w, err)
		return
	}
	text := fmt.Sprintf("Undone: %s.", count.Of(len(undone), "answer"))
	switch {
	case len(undone) == 0 && stale == 0:
		text = "There is nothing to undo."
	case len(undone) == 1:
		text = "Undone: " + printable.Line(s.list[undone[0].n].Class) + "."
	}
	if stale > 0 {
		text += fmt.Sprintf(" Not undone: %s that another window changed meanwhile.", count.Of(stale, "answer"))
	}
	s.tell(c, text, stale > 0)
	v, path := f.query(), "/"
	if r.PostForm.Get("from") == "grid" {
		path = "/grid"
		v.Set("mode", gridMode(r.PostForm))
	} else if len(undone) == 1 {
		v.Set("question", strconv.Itoa(undone[0].n+1))
	}
	back(w, r, path, v)
}

// takeHide sets whether this browser shows scores before an answer.
func (s *server) takeHide(w http.ResponseWriter, r *http.Request, c *client) {
	f, ok := s.form(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	c.hide = r.PostForm.Get("hide") == "yes"
	s.mu.Unlock()
	v, path := f.query(), "/"
	if r.PostForm.Get("from") == "grid" {
		path = "/grid"
		v.Set("mode", gridMode(r.PostForm))
	}
	back(w, r, path, v)
}

// tell leaves a message for the browser's next page.
func (s *session) tell(c *client, text string, trouble bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.message, c.trouble = text, trouble
}

// unsaved answers a request whose answers are not on disk.
func (s *server) unsaved(w http.ResponseWriter, err error) {
	s.log.Error("answers were not saved: " + err.Error())
	s.refuse(w, http.StatusInternalServerError, "Not saved: "+printable.Line(err.Error()))
}
