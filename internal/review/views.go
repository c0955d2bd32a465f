package review

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strconv"

	"csl/internal/labels"
	"csl/internal/printable"
)

//go:embed pages
var pages embed.FS

// templates are the pages. They escape every name.
var templates = template.Must(template.ParseFS(pages, "pages/*.html"))

// frame is what every page shows around its content.
type frame struct {
	Title   string
	View    string // question, grid or classes
	Filter  hidden
	Classes []option
	Reasons []option
	Mode    string // of a grid
	Hide    bool   // scores until an answer

	Answered, Total int // questions of the list
	Percent         int
	Chosen          int // questions of the filter
	ChosenOpen      int // of these, those without answer
	Pace            string
	Message         string
	Trouble         bool
	Query           template.URL // of the filter, with its question mark
}

// hidden is a filter as forms send it.
type hidden struct{ Class, Reason string }

// option is an entry of a choice.
type option struct {
	Value, Text string
	Chosen      bool
}

// question is one question on a page.
type question struct {
	ID      string // number:version
	Number  int    // from 1
	Index   int    // from 0
	Class   string
	About   string // the class's description
	Image   string // name of the image
	Base    string // the end of its name
	Address string // of the image
	Small   string // of the small one
	Answer  string // yes, no, unsure; "" for none
	Known   bool   // facts may be shown
	Facts   []fact
}

// fact is something that the list says of a question.
type fact struct{ Name, Value string }

// questionPage is one question at a time.
type questionPage struct {
	frame
	Question *question // nil when all are answered
	Counts   []fact    // of the class
	Last     []question
	Next     []string // addresses of images to load ahead
}

func (s *server) frame(c *client, f filter, view string) frame {
	all, chosen := s.tally(filter{class: -1}), s.tally(f)
	p := frame{View: view, Total: len(s.list), Filter: hidden{f.query().Get("class"), string(f.reason)}}
	p.Answered = all[Yes] + all[No] + all[Unsure]
	p.Percent = 100 * p.Answered / p.Total
	for _, n := range chosen {
		p.Chosen += n
	}
	p.ChosenOpen = chosen[Open] + chosen[Skipped]
	p.Classes = s.classOptions(f)
	p.Reasons = []option{{"", "all reasons", f.reason == ""}}
	for _, r := range s.reasons {
		p.Reasons = append(p.Reasons, option{string(r), reasonText(string(r)), r == f.reason})
	}
	if v := f.query(); len(v) > 0 {
		p.Query = template.URL("?" + v.Encode())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Hide = c.hide
	p.Message, p.Trouble = c.message, c.trouble
	c.message, c.trouble = "", false
	if pace := c.pace(s.now()); pace > 0 {
		p.Pace = fmt.Sprintf("%.0f answers per minute", pace)
	}
	return p
}

// mostOptions is how many classes a choice offers. The page of classes has all.
const mostOptions = 400

// classOptions are the classes with questions left, and the chosen one.
func (s *server) classOptions(f filter) []option {
	list := []option{{"", "all classes", f.class < 0}}
	for i, name := range s.classes {
		n := s.tally(filter{class: i})
		left := n[Open] + n[Skipped]
		if i == f.class || left > 0 && len(list) <= mostOptions {
			list = append(list, option{strconv.Itoa(i), fmt.Sprintf("%s (%d left)", printable.Line(name), left), i == f.class})
		}
	}
	return list
}

// reasonText is a reason in words.
func reasonText(r string) string {
	out := []rune(printable.Line(r))
	for i, c := range out {
		if c == '_' {
			out[i] = ' '
		}
	}
	return string(out)
}

// view is a question as a page shows it; hide keeps what could sway an answer.
func (s *server) view(n int, hide bool) question {
	x := s.list[n]
	a, version := s.at(n)
	address := fmt.Sprintf("/image/%s/%d/", s.run, s.image[n])
	q := question{
		ID: fmt.Sprintf("%d:%d", n, version), Number: n + 1, Index: n, Class: printable.Line(x.Class), About: printable.Line(s.descriptions[x.Class]),
		Image: printable.Line(x.Image), Base: printable.Line(path.Base(x.Image)), Address: address + "large", Small: address + "small", Known: !hide || a.answered(),
	}
	if a != Open {
		q.Answer = a.String()
	}
	if q.Known {
		q.Facts = facts(x.Label, x.Score, x.Probability, string(x.Reason))
	}
	return q
}

func facts(label labels.State, score, probability float32, reason string) []fact {
	var list []fact
	if score == score {
		list = append(list, fact{"Score", fmt.Sprintf("%.3f", score)})
	}
	if probability == probability {
		list = append(list, fact{"Probability", fmt.Sprintf("%.3f", probability)})
	}
	words := map[labels.State]string{labels.Positive: "present", labels.Negative: "absent", labels.Unknown: "unknown"}
	list = append(list, fact{"Label", words[label]})
	if reason != "" {
		list = append(list, fact{"Reason", reasonText(reason)})
	}
	return list
}

// counted are the answers to a class's questions.
func counted(n [answers]int) []fact {
	return []fact{
		{"yes", strconv.Itoa(n[Yes])},
		{"no", strconv.Itoa(n[No])},
		{"unsure", strconv.Itoa(n[Unsure])},
		{"skipped", strconv.Itoa(n[Skipped])},
		{"left", strconv.Itoa(n[Open])},
	}
}

// chosenFilter reads the filter of a page. It answers a wrong one itself and returns false.
func (s *server) chosenFilter(w http.ResponseWriter, v url.Values) (filter, bool) {
	f, err := s.parseFilter(v)
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "The address is wrong: "+printable.Line(err.Error()))
	}
	return f, err == nil
}

// showQuestion shows the next question, or the one that the address names.
func (s *server) showQuestion(w http.ResponseWriter, r *http.Request, c *client) {
	f, ok := s.chosenFilter(w, r.URL.Query())
	if !ok {
		return
	}
	const ahead = 4
	list := s.next(c, f, ahead, false)
	if text := r.URL.Query().Get("question"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > len(s.list) {
			s.refuse(w, http.StatusNotFound, "The list has no such question.")
			return
		}
		list = append([]int{n - 1}, list...)
	}
	p := questionPage{frame: s.frame(c, f, "question")}
	p.Title = "All answered"
	if len(list) > 0 {
		q := s.view(list[0], p.Hide)
		p.Question, p.Title = &q, q.Class+"?"
		p.Counts = counted(s.tally(filter{class: int(s.class[list[0]])}))
		for _, n := range list[1:] {
			p.Next = append(p.Next, s.view(n, true).Address)
		}
	}
	s.mu.Lock()
	last := append([]int(nil), c.answered...)
	s.mu.Unlock()
	for _, n := range last {
		p.Last = append(p.Last, s.view(n, p.Hide))
	}
	s.page(w, http.StatusOK, "question.html", p)
}

// gridPage is a grid of one class.
type gridPage struct {
	frame
	Class, About string
	Except       bool
	Tiles        []question
	Counts       []fact
}

// showGrid shows the next questions of one class; where the address names none, of the first class with a question left.
func (s *server) showGrid(w http.ResponseWriter, r *http.Request, c *client) {
	f, ok := s.chosenFilter(w, r.URL.Query())
	if !ok {
		return
	}
	if f.class < 0 {
		f.class = s.firstClass(c, f)
	}
	p := gridPage{Class: printable.Line(s.classes[f.class]), About: printable.Line(s.descriptions[s.classes[f.class]])}
	list := s.next(c, f, mostTiles, true)
	p.frame = s.frame(c, f, "grid")
	p.Mode = gridMode(r.URL.Query())
	p.Except = p.Mode == except
	for _, n := range list {
		p.Tiles = append(p.Tiles, s.view(n, p.Hide))
	}
	p.Counts = counted(s.tally(filter{class: f.class}))
	p.Title = p.Class + "?"
	s.page(w, http.StatusOK, "grid.html", p)
}

// firstClass is the class of the next question; the first class if there is none.
func (s *server) firstClass(c *client, f filter) int {
	if list := s.next(c, f, 1, false); len(list) > 0 {
		return int(s.class[list[0]])
	}
	return 0
}

// classesPage counts the answers of every class.
type classesPage struct {
	frame
	Rows []classRow
}

type classRow struct {
	Class, About     string
	Number           int
	Questions        int
	Yes, No, Unsure  int
	Skipped, Left    int
	PercentCompleted int
}

func (s *server) showClasses(w http.ResponseWriter, r *http.Request, c *client) {
	f, ok := s.chosenFilter(w, r.URL.Query())
	if !ok {
		return
	}
	p := classesPage{frame: s.frame(c, f, "classes")}
	p.Title = "Classes"
	for i, name := range s.classes {
		n := s.tally(filter{class: i})
		row := classRow{Class: printable.Line(name), About: printable.Line(s.descriptions[name]), Number: i, Yes: n[Yes], No: n[No], Unsure: n[Unsure], Skipped: n[Skipped], Left: n[Open]}
		for _, k := range n {
			row.Questions += k
		}
		row.PercentCompleted = 100 * (n[Yes] + n[No] + n[Unsure]) / row.Questions
		p.Rows = append(p.Rows, row)
	}
	s.page(w, http.StatusOK, "classes.html", p)
}
