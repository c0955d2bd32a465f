//go:build unix

package e2e

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"csl/internal/fixture"
)

// reviewer is a browser at a running csl review.
type reviewer struct {
	cmd  *exec.Cmd
	out  *bufio.Reader
	base string
	http *http.Client
	page string
}

// review starts csl review and opens its address.
func review(t *testing.T, args ...string) *reviewer {
	t.Helper()
	v := &reviewer{cmd: command(t, append([]string{"review"}, args...)...)}
	v.cmd.Stdout = nil // a pipe takes its place
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.cmd.Process.Kill() }) // it is mostly gone
	v.out = bufio.NewReader(out)
	line, err := v.out.ReadString('\n')
	if err != nil {
		t.Fatalf("no address: %v", err)
	}
	address, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	v.base = "http://" + address.Host
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v.http = &http.Client{Jar: jar}
	for _, a := range []string{address.String(), v.base + "/"} {
		if !v.read(v.http.Get(a)) {
			t.Fatalf("%s was not answered: %s", a, v.page)
		}
	}
	return v
}

// read takes a page; false if the server does not answer or refuses.
func (v *reviewer) read(r *http.Response, err error) bool {
	if err != nil {
		return false
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	v.page = string(data)
	return err == nil && r.StatusCode == http.StatusOK
}

// ask is the question on the page: its number and version, its image and class.
func (v *reviewer) ask() (id, cell string) {
	m := regexp.MustCompile(`(?s)Does this image show <b>(.*?)</b>.*<span class="name">(.*?)</span>.*name="question" value="(.*?)"`).FindStringSubmatch(v.page)
	if m == nil {
		return "", ""
	}
	return m[3], m[2] + "," + m[1]
}

// answer answers the question on the page; true if the server said that it was saved.
func (v *reviewer) answer(id, answer string) bool {
	form := url.Values{"question": {id}, "answer": {answer}}
	r, err := http.NewRequest(http.MethodPost, v.base+"/answer", strings.NewReader(form.Encode()))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", v.base)
	return v.read(v.http.Do(r)) && strings.Contains(v.page, "Saved: ")
}

// auditOf writes a list of questions: every class of every image.
func auditOf(t *testing.T, d fixture.Data) string {
	t.Helper()
	text := "image,class,score\n"
	for _, image := range d.Images {
		for _, class := range fixture.Classes() {
			text += image + "," + class + ",0.5\n"
		}
	}
	path := filepath.Join(t.TempDir(), "audit.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAKilledReviewLosesNoAcknowledgedAnswer(t *testing.T) {
	d := fixture.Make(t, 40, 0)
	audit, answers := auditOf(t, d), filepath.Join(t.TempDir(), "answers.csv")
	r := rand.New(rand.NewPCG(1, 2))
	acknowledged := map[string]string{}
	for kill := range 4 {
		v := review(t, audit, "--data", d.Dir, "--labels", answers)
		timer := time.AfterFunc(time.Duration(20+r.IntN(200))*time.Millisecond, func() { _ = v.cmd.Process.Kill() })
		for n := 0; ; n++ {
			id, cell := v.ask()
			if id == "" {
				break
			}
			if acknowledged[cell] != "" {
				t.Fatalf("kill %d: %s is asked again", kill, cell)
			}
			answer := []string{"yes", "no", "unsure"}[n%3]
			if !v.answer(id, answer) {
				break
			}
			acknowledged[cell] = map[string]string{"yes": "1", "no": "0", "unsure": "unsure"}[answer]
		}
		_ = v.cmd.Wait() // killed
		timer.Stop()
		found := map[string]string{}
		for _, row := range answerRows(t, answers) {
			found[row[0]+","+row[1]] = row[2]
		}
		for cell, value := range acknowledged {
			if found[cell] != value {
				t.Errorf("kill %d: %s was acknowledged as %s, the file has %q", kill, cell, value, found[cell])
			}
		}
		for cell, value := range found { // one may be saved and not acknowledged
			if acknowledged[cell] == "" {
				acknowledged[cell] = value
			}
		}
	}
	if len(acknowledged) < 4 {
		t.Errorf("only %d answers in 4 runs", len(acknowledged))
	}
	t.Logf("%d answers", len(acknowledged))
	csl(t, "data", "stats", "--annotations", d.Train, "--annotations", answers).must(t)
}

// answerRows are the rows of a file of answers but the first and a torn one.
func answerRows(t *testing.T, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := data[:strings.LastIndexByte(string(data), '\n')+1]
	rows, err := csv.NewReader(strings.NewReader(string(whole))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func TestCtrlCEndsAReviewAndSaysWhatWasSaved(t *testing.T) {
	d := fixture.Make(t, 3, 0)
	answers := filepath.Join(t.TempDir(), "answers.csv")
	v := review(t, auditOf(t, d), "--data", d.Dir, "--labels", answers)
	id, _ := v.ask()
	if !v.answer(id, "yes") {
		t.Fatal(v.page)
	}
	busy := csl(t, "review", auditOf(t, d), "--data", d.Dir, "--labels", answers)
	busy.complains(t, 1, "in use by process")
	if err := v.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	last, err := io.ReadAll(v.out)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Wait(); err != nil {
		t.Error(err)
	}
	want := fmt.Sprintf("1 answer saved to %s; of 12 questions: 1 yes, 0 no, 0 unsure, 11 left\n", answers)
	if string(last) != want {
		t.Errorf("it says %q, want %q", last, want)
	}
}

func TestAModelProposesQuestionsAndTheAnswersTrain(t *testing.T) {
	d := fixture.Make(t, 14, 5)
	run, next, answers := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "answers.csv")
	csl(t, train(d.Settings(run, "schedule.epochs=1"))...).must(t)
	args := []string{"--model_path", run, "--data", d.Dir, "--annotations", d.Train, "--labels", answers, "--strategy", "likely", "--limit", "5"}
	v := review(t, args...)
	for n := range 3 {
		id, _ := v.ask()
		if !v.answer(id, []string{"yes", "no", "unsure"}[n]) {
			t.Fatal(v.page)
		}
	}
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = v.cmd.Wait() // killed
	if v = review(t, args...); !strings.Contains(v.page, "<strong>3</strong> of 5 answered") {
		t.Errorf("run again:\n%s", v.page)
	}
	with := train(d.Settings(next, "schedule.epochs=1", "data.train.annotations=["+d.Train+", "+answers+"]"))
	if o := csl(t, with...).must(t); !strings.Contains(o.stderr, "3 labels in later files") {
		t.Errorf("trained with answers:\n%s", o.stderr)
	}
}
