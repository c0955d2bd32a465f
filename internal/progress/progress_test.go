package progress

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// stage is a terminal and a clock under the test's control.
type stage struct {
	out   bytes.Buffer
	now   time.Time
	width int
}

func newStage() *stage { return &stage{now: time.Unix(1000, 0), width: 80} }

func (s *stage) display(o Options) *Display {
	o.Out, o.Width, o.Now = &s.out, func() int { return s.width }, func() time.Time { return s.now }
	return New(o)
}

// screen is what a terminal shows after the output so far: one string per line.
func (s *stage) screen() []string {
	var lines []string
	var line []rune
	col := 0
	for _, r := range s.out.String() {
		switch r {
		case '\r':
			col = 0
		case '\n':
			lines, line, col = append(lines, strings.TrimRight(string(line), " ")), nil, 0
		default:
			if col == len(line) {
				line = append(line, r)
			} else {
				line[col] = r
			}
			col++
		}
	}
	return append(lines, strings.TrimRight(string(line), " "))
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("screen shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTerminalShowsOneLineThatIsRedrawnAndVanishes(t *testing.T) {
	s := newStage()
	task := s.display(Options{TTY: true}).Start("validate", "img", 100)
	s.now = s.now.Add(time.Second)
	task.Add(10)
	equal(t, s.screen(), "validate  [==                         ]  10%  10/100 img  10.0 img/s  9.0s left")
	s.now = s.now.Add(50 * time.Millisecond)
	task.Add(1) // too early to redraw
	equal(t, s.screen(), "validate  [==                         ]  10%  10/100 img  10.0 img/s  9.0s left")
	s.now = s.now.Add(8 * time.Second)
	task.Add(79)
	if got := s.screen(); len(got) != 1 || !strings.Contains(got[0], " 90%  90/100 img") {
		t.Errorf("screen shows %q", got)
	}
	task.Done()
	task.Done()
	equal(t, s.screen(), "")
}

func TestLogLinesMakeTheBarMoveDown(t *testing.T) {
	s := newStage()
	d := s.display(Options{TTY: true})
	d.Log().Info("begin", "seed", 1)
	task := d.Start("train", "step", 0)
	s.now = s.now.Add(time.Second)
	task.Add(3)
	d.Log().Warn("image skipped", "file", "a b.jpg", "why", errors.New("cut short"))
	equal(t, s.screen(), "begin seed=1", `warning: image skipped file="a b.jpg" why="cut short"`, "train  3 step  3.00 step/s")
}

func TestResultsOnTheSameScreenMakeTheBarMoveDown(t *testing.T) {
	s := newStage()
	d := s.display(Options{TTY: true})
	results := d.Beside(&s.out)
	if _, err := results.Write([]byte("a.jpg\n  0.9 cat\n")); err != nil { // before there is a bar
		t.Fatal(err)
	}
	task := d.Start("classifying", "img", 0)
	s.now = s.now.Add(time.Second)
	task.Add(3)
	if n, err := results.Write([]byte("b.jpg\n  0.8 dog\n")); n != 16 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	lines := []string{"a.jpg", "  0.9 cat", "b.jpg", "  0.8 dog"}
	equal(t, s.screen(), append(lines, "classifying  3 img  3.00 img/s")...)
	task.Done()
	equal(t, s.screen(), append(lines, "")...)
}

func TestInnerTaskHidesTheOuterOne(t *testing.T) {
	s := newStage()
	d := s.display(Options{TTY: true})
	outer := d.Start("train", "step", 10)
	outer.Add(1)
	inner := d.Start("validate", "img", 10)
	s.now = s.now.Add(time.Second)
	inner.Add(5)
	outer.Add(1)
	if got := s.screen(); len(got) != 1 || !strings.HasPrefix(got[0], "validate") {
		t.Errorf("screen shows %q", got)
	}
	inner.Done()
	outer.Add(1)
	if got := s.screen(); !strings.HasPrefix(got[0], "train") || !strings.Contains(got[0], " 3/10 step") {
		t.Errorf("screen shows %q", got)
	}
}

func TestLineFitsAnyWidthAndKeepsTheImportantParts(t *testing.T) {
	for _, x := range []struct {
		width int
		want  []string
	}{
		{120, []string{"[====", " 45%", "450/1000 img", "45.0 img/s", "12s left", "loss 3.2"}},
		{80, []string{"[====", " 45%", "45.0 img/s", "12s left"}},
		{45, []string{" 45%", "45.0 img/s", "12s left"}},
		{30, []string{"epoch 3/30", " 45%"}},
		{17, []string{"epoch 3/30", "45%"}},
		{8, []string{"epoch 3"}},
		{1, nil},
		{0, nil},
	} {
		s := newStage()
		s.width = x.width
		task := s.display(Options{TTY: true}).Start("epoch 3/30", "img", 1000)
		task.Note("loss 3.2")
		s.now = s.now.Add(10 * time.Second)
		task.Add(450)
		line := s.screen()[0]
		if n := utf8.RuneCountInString(line); n > max(x.width-1, 0) {
			t.Errorf("width %d: %d columns: %q", x.width, n, line)
		}
		for _, want := range x.want {
			if !strings.Contains(line, want) {
				t.Errorf("width %d: %q lacks %q", x.width, line, want)
			}
		}
	}
}

func TestWithoutTerminalLinesComeAtLongIntervals(t *testing.T) {
	s := newStage()
	d := s.display(Options{})
	task := d.Start("train", "step", 1000)
	task.From(500)
	for range 25 {
		s.now = s.now.Add(time.Second)
		task.Add(2)
	}
	task.Note("loss 1")
	task.Done()
	equal(t, s.screen(),
		`train done=520 of=1000 rate="2.00 step/s" left=4m00s elapsed=10s`,
		`train done=540 of=1000 rate="2.00 step/s" left=3m50s elapsed=20s`,
		`train done=550 of=1000 rate="2.00 step/s" left=3m45s elapsed=25s note="loss 1"`, "")
}

func TestShortWorkLeavesNoLines(t *testing.T) {
	s := newStage()
	task := s.display(Options{}).Start("decode", "img", 3)
	s.now = s.now.Add(time.Second)
	task.Add(3)
	task.Done()
	equal(t, s.screen(), "")
}

func TestQuietShowsWarningsOnly(t *testing.T) {
	for _, tty := range []bool{false, true} {
		s := newStage()
		d := s.display(Options{Quiet: true, TTY: tty})
		task := d.Start("train", "step", 10)
		s.now = s.now.Add(time.Minute)
		task.Add(5)
		d.Log().Info("unseen")
		d.Log().Warn("seen")
		task.Done()
		equal(t, s.screen(), "warning: seen", "")
	}
}

func TestNilTaskShowsNothing(t *testing.T) {
	var task *Task
	task.From(1)
	task.Label("x")
	task.Note("x")
	task.Add(1)
	task.Done()
}

func TestTextLog(t *testing.T) {
	s := newStage()
	log := s.display(Options{}).Log()
	log.Debug("unseen")
	log.Error("two\nlines", "empty", "", "rate", 1.0/3, "took", 90*time.Second)
	log.With("run", "a").WithGroup("loss").With("k", 5).Info("m", slog.Group("g", "x", true), slog.Group("", "y", "q\"q"))
	log.WithGroup("").Info("n")
	equal(t, s.screen(),
		`error: two; lines empty="" rate=0.33333 took=1m30s`,
		`m run=a loss.k=5 loss.g.x=true loss.y="q\"q"`, "n", "")
	s = newStage()
	s.display(Options{Verbose: true}).Log().Debug("seen")
	if got := s.out.String(); !strings.HasSuffix(got, " debug: seen\n") || len(got) != len("15:04:05 debug: seen\n") {
		t.Errorf("verbose log: %q", got)
	}
}

func TestJSONLogIsOneObjectALine(t *testing.T) {
	s := newStage()
	d := s.display(Options{Format: JSON})
	task := d.Start("train", "step", 10)
	s.now = s.now.Add(lineEvery)
	task.Add(5)
	var got map[string]any
	if err := json.Unmarshal(s.out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got["msg"] != "train" || got["done"] != 5.0 || got["rate"] != "0.50 step/s" || got["level"] != "INFO" {
		t.Errorf("%v", got)
	}
}

func TestParseFormat(t *testing.T) {
	for _, s := range []string{"text", "json"} {
		if f, err := ParseFormat(s); err != nil || string(f) != s {
			t.Errorf("%q: %v, %v", s, f, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("err = %v", err)
	}
}

func TestRateForgetsASlowStart(t *testing.T) {
	s := newStage()
	task := s.display(Options{TTY: true}).Start("train", "step", 100_000)
	s.now = s.now.Add(30 * time.Second) // first step: building graphs
	task.Add(1)
	for range 1200 {
		s.now = s.now.Add(100 * time.Millisecond)
		task.Add(1)
	}
	if r := task.rate.perSecond(); r < 9.9 || r > 10.1 {
		t.Errorf("rate is %v after two minutes of 10 a second", r)
	}
}

func TestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "0.0s", 1234 * time.Millisecond: "1.2s", 9949 * time.Millisecond: "9.9s", 9950 * time.Millisecond: "10s",
		59*time.Second + 600*time.Millisecond: "1m00s", 245 * time.Second: "4m05s", 3*time.Hour + 150*time.Second: "3h02m", 52 * time.Hour: "2d04h",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
	for r, want := range map[float64]string{1852.4: "1852 img/s", 45.26: "45.3 img/s", 0.5: "0.50 img/s", 0.1: "6.00 img/min", 0.001: "3.60 img/h"} {
		task := &Task{unit: "img", rate: rate{mean: r, weight: 1}}
		if got := task.rateText(); got != want {
			t.Errorf("rate %v is shown as %q, want %q", r, got, want)
		}
	}
}

func TestManyGoroutinesMayReport(t *testing.T) {
	var out bytes.Buffer
	d := New(Options{Out: &out, TTY: true})
	task := d.Start("decode", "img", 8000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				task.Add(1)
			}
			d.Log().Info("worker is done")
		})
	}
	wg.Wait()
	if task.done != 8000 || strings.Count(out.String(), "worker is done\n") != 8 {
		t.Errorf("%d done, log:\n%s", task.done, out.String())
	}
	task.Done()
}
