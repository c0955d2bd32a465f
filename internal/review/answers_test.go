package review

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"csl/internal/audit/list"
	"csl/internal/labels"
	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

func TestAnswersAreRowsOfTheFileInTheirOrder(t *testing.T) {
	b := newBench(t, 4, nil)
	v := b.visitor()
	_, page := v.get("/")
	for _, answer := range []string{"yes", "no", "unsure", "skip"} {
		_, page = v.post("/answer", "question", asked(page), "answer", answer)
	}
	want := []string{row(0, "red", "1", "one"), row(1, "red", "0", "one"), row(2, "red", "unsure", "one")}
	if got := b.rows(); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	if asked(page) != "4:0" || message(page) != "Skipped: red, skip." {
		t.Errorf("asks %q and says %q", asked(page), message(page))
	}
	for range 4 {
		_, page = v.post("/answer", "question", asked(page), "answer", "yes")
	}
	if asked(page) != "3:1" {
		t.Errorf("asks %q; the skipped question comes last", asked(page))
	}
	_, page = v.post("/answer", "question", asked(page), "answer", "no")
	if asked(page) != "" || !strings.Contains(page, "<h1 id=\"ask\">All answered</h1>") {
		t.Errorf("asks %q", asked(page))
	}
	set, _, err := labels.Open(context.Background(), labels.Options{Path: b.path})
	if err != nil || set.At(0, 0) != labels.Positive || set.At(1, 0) != labels.Negative || set.At(2, 0) != labels.Unknown || set.At(3, 1) != labels.Positive {
		t.Errorf("read as labels: %v, %v", set, err)
	}
}

func TestUndoTakesBackOnlyOnesOwnLastStep(t *testing.T) {
	b := newBench(t, 4, nil)
	v, other := b.visitor(), b.visitor()
	_, page := v.get("/")
	v.post("/answer", "question", asked(page), "answer", "yes") // question 0
	_, page = other.get("/")
	if asked(page) != "5:0" {
		t.Fatalf("the other browser is asked %q: the first one shows question 1 and has loaded three more", asked(page))
	}
	other.post("/answer", "question", "5:0", "answer", "no")
	_, page = v.post("/undo")
	if asked(page) != "0:2" || message(page) != "Undone: red." {
		t.Errorf("asks %q and says %q", asked(page), message(page))
	}
	if _, page = v.post("/undo"); message(page) != "There is nothing to undo." {
		t.Errorf("says %q", message(page))
	}
	want := []string{row(0, "red", "1", "one"), row(1, "green", "0", "one"), row(0, "red", "undone", "undo")}
	if got := b.rows(); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	v.post("/answer", "question", "0:2", "answer", "unsure")
	v.post("/answer", "question", "0:3", "answer", "no") // a correction
	v.post("/undo")
	if got := b.rows(); got[len(got)-1] != row(0, "red", "unsure", "undo") {
		t.Errorf("the correction undone: %q", got[len(got)-1])
	}
}

func TestWhatAnotherBrowserAnsweredMeanwhileIsKept(t *testing.T) {
	b := newBench(t, 4, nil)
	v, other := b.visitor(), b.visitor()
	_, page := v.get("/")
	question := asked(page)
	other.post("/answer", "question", question, "answer", "no")
	_, page = v.post("/answer", "question", question, "answer", "yes")
	if !strings.HasPrefix(message(page), "Not saved: another window answered this question meanwhile. It has red, no") {
		t.Errorf("says %q", message(page))
	}
	if got := b.rows(); !slices.Equal(got, []string{row(0, "red", "0", "one")}) {
		t.Errorf("rows %q", got)
	}
	_, page = v.get("/?question=1")
	if _, page = v.post("/answer", "question", asked(page), "answer", "yes"); !strings.HasPrefix(message(page), "Saved") {
		t.Errorf("a correction of what is shown: %q", message(page))
	}
	if _, page = other.post("/undo"); !strings.Contains(message(page), "Not undone: 1 answer that another window changed meanwhile") {
		t.Errorf("says %q", message(page))
	}
	if got := b.rows(); len(got) != 2 {
		t.Errorf("rows %q", got)
	}
}

func TestTwoBrowsersAtOnceLoseNothingAndAskNothingTwice(t *testing.T) {
	b := newBench(t, 60, nil)
	var wg sync.WaitGroup
	for range 2 {
		v := b.visitor()
		wg.Go(func() {
			_, page := v.get("/")
			for n := 0; asked(page) != "" && n < 500; n++ {
				_, page = v.post("/answer", "question", asked(page), "answer", []string{"yes", "no"}[n%2])
			}
		})
	}
	wg.Wait()
	rows := b.rows()
	seen := map[string]bool{}
	for _, r := range rows {
		cell := strings.Join(strings.Split(r, ",")[:2], ",")
		if seen[cell] {
			t.Errorf("%s was answered twice", cell)
		}
		seen[cell] = true
	}
	if len(rows) != 120 {
		t.Errorf("%d rows for 120 questions", len(rows))
	}
}

func TestAQuestionThatABrowserLeftIsAskedAgain(t *testing.T) {
	b := newBench(t, 3, nil)
	v, other := b.visitor(), b.visitor()
	v.get("/")
	for range 4 { // question 0 is held, 1 and more are loaded ahead there
		_, page := other.get("/")
		if id := asked(page); id == "0:0" {
			t.Errorf("asked %q while another browser shows it", id)
		}
	}
	b.pass(hold + time.Second)
	if _, page := other.get("/"); asked(page) != "0:0" {
		t.Errorf("asked %q after the other browser was away", asked(page))
	}
}

func TestAGridAnswersAllItsImages(t *testing.T) {
	b := newBench(t, 5, nil)
	v := b.visitor()
	_, page := v.get("/grid?class=1")
	ids := items(page)
	if !slices.Equal(ids, []string{"5:0", "6:0", "7:0", "8:0", "9:0"}) {
		t.Fatalf("grid of %q", ids)
	}
	_, page = v.post("/grid", "class", "1", "mode", "pick", "item", "5:0", "item", "6:0", "item", "7:0", "chosen", "6", "unsure", "7", "chosen", "7")
	if message(page) != "Saved: 1 yes, 1 no, 1 unsure." {
		t.Errorf("says %q", message(page))
	}
	_, page = v.post("/grid", "class", "1", "mode", "except", "item", "8:0", "item", "9:0", "chosen", "9")
	want := []string{row(0, "green", "0", "grid"), row(1, "green", "1", "grid"), row(2, "green", "unsure", "grid"), row(3, "green", "1", "grid"), row(4, "green", "0", "grid")}
	if got := b.rows(); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	if !strings.Contains(page, "All answered") {
		t.Error("the grid goes on")
	}
	if _, page = v.post("/undo", "from", "grid", "class", "1", "mode", "except"); message(page) != "Undone: 2 answers." || !slices.Equal(items(page), []string{"8:2", "9:2"}) {
		t.Errorf("says %q and shows %q", message(page), items(page))
	}
	if _, page = v.post("/grid", "class", "1", "mode", "pick", "skip", "1", "item", "8:2", "item", "9:2", "chosen", "8"); message(page) != "Skipped: 2 images." {
		t.Errorf("says %q", message(page))
	}
	if got := b.rows(); len(got) != 7 {
		t.Errorf("%d rows", len(got))
	}
}

func TestAGridIsSortedByScoreAndFiltered(t *testing.T) {
	b := newBench(t, 6, func(l *[]list.Candidate) {
		(*l)[3].Score = 0.999
		(*l)[2].Score = float32(0.2)
	})
	v := b.visitor()
	_, page := v.get("/grid?class=0")
	if got := items(page); !slices.Equal(got, []string{"0:0", "3:0", "1:0", "4:0", "5:0", "2:0"}) {
		t.Errorf("grid of %q", got)
	}
	_, page = v.get("/grid?class=0&reason=likely_wrong")
	if got := items(page); !slices.Equal(got, []string{"3:0", "1:0", "5:0"}) {
		t.Errorf("grid of %q", got)
	}
	_, page = v.get("/?class=1&reason=likely_wrong")
	if asked(page) != "7:0" || !strings.Contains(page, "3 of 3 left") {
		t.Errorf("asks %q", asked(page))
	}
}

func TestScoresCanBeHiddenUntilTheAnswer(t *testing.T) {
	b := newBench(t, 4, nil)
	v := b.visitor()
	if _, page := v.get("/"); !strings.Contains(page, "<dd>1.000</dd>") || !strings.Contains(page, "likely present") {
		t.Error("the score is not shown")
	}
	_, page := v.post("/hide", "hide", "yes")
	question, _, _ := strings.Cut(page, "<details") // the filter names reasons, too
	_, question, _ = strings.Cut(question, "<figure>")
	if strings.Contains(question, "1.000") || strings.Contains(question, "likely") || !strings.Contains(question, "hidden until you answer") {
		t.Errorf("hidden:\n%s", question)
	}
	if _, grid := v.get("/grid?class=0"); strings.Contains(grid, `class="score"`) {
		t.Error("the grid shows scores")
	}
	if _, page = v.post("/answer", "question", asked(page), "answer", "yes"); message(page) != "Saved: red, yes (score 1.000)." {
		t.Errorf("says %q", message(page))
	}
}

func TestAReviewGoesOnWhereItStopped(t *testing.T) {
	b := newBench(t, 4, nil)
	v := b.visitor()
	v.post("/answer", "question", "0:0", "answer", "yes")
	v.post("/answer", "question", "1:0", "answer", "no")
	v.post("/undo")
	if err := b.server.close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(b.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "other.png,cat,1,2026-01-02T03:04:05.000Z,someone\np001.png,red,1,2026-") // the last row was torn
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again := startBench(t, b.root, b.path, b.server.list, safefile.OS())
	_, page := again.visitor().get("/")
	if asked(page) != "1:2" || !strings.Contains(page, "<strong>1</strong> of 8 answered") {
		t.Errorf("asks %q", asked(page))
	}
	if rows := again.rows(); len(rows) != 4 || !strings.HasPrefix(rows[3], "other.png,cat,1,") {
		t.Errorf("rows %q", rows)
	}
}

func TestAFileThatIsNotOneOfAnswersIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"image,label,value\na,b,1\n":                         "its first line is not",
		strings.Repeat("x", 5000):                            "no line breaks",
		"image,label,value,time,source\na,b,2,t,s\n":         "line 2: value \"2\": want 1, 0, unsure or undone",
		"image,label,value,time,source\na,b\n":               "line 2: 2 fields",
		"image,label,value,time,source\na,\"b\"c,1,t,s\nx\n": "line 2",
	} {
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openFile(safefile.OS(), path, func(record) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %q", text, err, want)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != text {
			t.Errorf("%.30q was changed", text)
		}
	}
}

func TestAFileOfAnswersHasOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	f, err := openFile(safefile.OS(), path, func(record) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFile(safefile.OS(), path, func(record) {}); err == nil || !strings.Contains(err.Error(), "in use by this process") {
		t.Errorf("error %v", err)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	if f, err = openFile(safefile.OS(), path, func(record) {}); err != nil {
		t.Fatal(err)
	}
	if err := f.close(); err != nil {
		t.Error(err)
	}
}

func TestAnAcknowledgedAnswerIsInTheFileWhateverFails(t *testing.T) {
	faultfs.Each(func(fsys *faultfs.FS, failing string) {
		path := filepath.Join(t.TempDir(), "a.csv")
		var acknowledged []string
		f, err := openFile(fsys, path, func(record) {})
		if err == nil {
			for i := range 3 {
				image := fmt.Sprintf("i%d", i)
				if f.append(time.Now(), []record{{image, "dog", Yes, "t"}, {image, "cat", No, "t"}}) == nil {
					acknowledged = append(acknowledged, image+"dog", image+"cat")
				}
			}
			_ = f.close() // may be what fails
		}
		var found []string
		again, err := openFile(safefile.OS(), path, func(r record) { found = append(found, r.image+r.class) })
		if err != nil {
			t.Errorf("%s: %v", failing, err)
			return
		}
		_ = again.close()
		for _, a := range acknowledged {
			if !slices.Contains(found, a) {
				t.Errorf("%s: %s was acknowledged and is lost", failing, a)
			}
		}
		if failing == "" && len(found) != 6 {
			t.Errorf("found %q", found)
		}
	})
}

func TestAnAnswerThatCannotBeSavedIsNotTaken(t *testing.T) {
	fsys := faultfs.Full(int64(len("image,label,value,time,source\n")) + 20)
	b := newBench(t, 2, nil)
	full := startBench(t, b.root, filepath.Join(t.TempDir(), "a.csv"), b.server.list, fsys)
	v := full.visitor()
	status, page := v.post("/answer", "question", "0:0", "answer", "yes")
	if status != 500 || !strings.Contains(page, "Not saved: ") || !strings.Contains(page, "no space left") {
		t.Errorf("%d %s", status, page)
	}
	if _, page := v.get("/"); asked(page) != "0:0" {
		t.Errorf("asks %q", asked(page))
	}
	if rows := full.rows(); len(rows) != 0 {
		t.Errorf("rows %q", rows)
	}
}

func TestPaceCountsAnswersOfTheLastMinutes(t *testing.T) {
	now := time.Unix(1e9, 0)
	c := &client{}
	for i := range 31 {
		c.did([]change{{n: i}}, 1, now.Add(time.Duration(i)*2*time.Second))
	}
	if p := c.pace(now.Add(time.Minute)); p != 30 {
		t.Errorf("%v answers per minute, want 30", p)
	}
	if p := c.pace(now.Add(time.Hour)); p != 0 {
		t.Errorf("%v answers per minute an hour later", p)
	}
}

func TestAListWithoutQuestionsIsAnError(t *testing.T) {
	if _, err := newQuestions(nil); err == nil {
		t.Error("no error")
	}
}
