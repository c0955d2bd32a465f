package review

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"csl/internal/audit/list"
	"csl/internal/fixture"
	"csl/internal/images/codec"
	"csl/internal/images/source"
	"csl/internal/labels"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// bench is a review in a test: its questions, its server and its file.
type bench struct {
	t       *testing.T
	root    string // of the images
	path    string // of the answers
	server  *server
	http    *httptest.Server
	mu      sync.Mutex
	time    time.Time
	reports []string // of images that cannot be shown
}

// candidates asks about two classes of every image of a data set, the first class first; scores fall with the image.
func candidates(images []string) []list.Candidate {
	var out []list.Candidate
	for _, class := range fixture.Classes()[:2] {
		for i, name := range images {
			out = append(out, list.Candidate{
				Image: name, Class: class, Label: labels.Unknown, Score: 1 - float32(i)/100, Probability: float32(math.NaN()),
				Reason: []list.Reason{list.LikelyPresent, list.LikelyWrong}[i%2],
			})
		}
	}
	return out
}

// newBench starts a review of n images, two questions each; change alters the questions.
func newBench(t *testing.T, n int, change func(*[]list.Candidate)) *bench {
	t.Helper()
	d := fixture.Make(t, n, 0)
	questions := candidates(d.Images)
	if change != nil {
		change(&questions)
	}
	return startBench(t, d.Dir, filepath.Join(t.TempDir(), "answers.csv"), questions, safefile.OS())
}

func startBench(t *testing.T, root, path string, questions []list.Candidate, fsys safefile.FS) *bench {
	t.Helper()
	b := &bench{t: t, root: root, path: path, time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	q, err := newQuestions(questions)
	if err != nil {
		t.Fatal(err)
	}
	src, err := source.Open(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSession(q, func(each func(record)) (*file, error) { return openFile(fsys, path, each) }, "tester", b.now)
	if err != nil {
		t.Fatal(err)
	}
	images := newGallery(q.images, src, codec.Options{}, 2, func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reports = append(b.reports, err.Error())
	})
	display := progress.New(progress.Options{Out: io.Discard})
	b.server = &server{session: s, guard: newGuard(false), gallery: images, run: "run", log: display.Log()}
	b.http = httptest.NewServer(b.server.handler())
	t.Cleanup(func() {
		b.http.Close()
		_ = s.close() // a test may have closed it
		_ = src.Close()
	})
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.time
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.time = b.time.Add(d)
}

// rows are the rows of the file without their times.
func (b *bench) rows() []string {
	b.t.Helper()
	data, err := os.ReadFile(b.path)
	if err != nil {
		b.t.Fatal(err)
	}
	text := regexp.MustCompile(`,20[0-9T:.-]*Z,`).ReplaceAllString(string(data), ",TIME,")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != "image,label,value,time,source" {
		b.t.Errorf("header %q", lines[0])
	}
	return lines[1:]
}

// visitor is a browser that was let in.
type visitor struct {
	b    *bench
	http *http.Client
}

func (b *bench) visitor() *visitor {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	v := &visitor{b, &http.Client{Jar: jar}}
	if status, _ := v.get("/?token=" + b.server.token); status != http.StatusOK {
		b.t.Fatalf("not let in: %d", status)
	}
	return v
}

func (v *visitor) get(path string) (status int, page string) {
	v.b.t.Helper()
	return v.read(v.http.Get(v.b.http.URL + path))
}

// post sends a form as a page of the server does: pairs of names and values.
func (v *visitor) post(path string, fields ...string) (status int, page string) {
	v.b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, v.b.http.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.b.http.URL)
	return v.read(v.http.Do(r))
}

func (v *visitor) read(r *http.Response, err error) (status int, page string) {
	v.b.t.Helper()
	if err != nil {
		v.b.t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		v.b.t.Fatal(err)
	}
	return r.StatusCode, string(data)
}

// asked is the question of a page, number:version; "" for none.
func asked(page string) string {
	m := regexp.MustCompile(`name="question" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return m[1]
}

// items are the questions of a grid.
func items(page string) (list []string) {
	for _, m := range regexp.MustCompile(`name="item" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		list = append(list, m[1])
	}
	return list
}

// message is what a page tells.
func message(page string) string {
	m := regexp.MustCompile(`<p id="message"[^>]*>([^<]*)</p>`).FindStringSubmatch(page)
	if m == nil {
		return "none"
	}
	return m[1]
}

// row is a row of the file for a question.
func row(image int, class string, value, how string) string {
	return fmt.Sprintf("p%03d.png,%s,%s,TIME,tester:%s", image, class, value, how)
}
