package review

import (
	"fmt"
	"sync"
	"time"
)

// session holds all answers. Its methods may be called from several goroutines.
type session struct {
	*questions
	source string // who answers, for the file
	now    func() time.Time

	mu     sync.Mutex
	file   *file
	cells  []cell
	counts [][answers]int // of each class by answer
	total  [answers]int
	saved  int // rows that this session wrote
}

// cell is the state of a question.
type cell struct {
	answer  Answer
	version uint32 // how often it was answered
	holder  *client
	until   time.Time // how long holder alone is asked
}

// hold is how long a question that one browser shows is not shown by another one.
const hold = 2 * time.Minute

// openSession reads the answers given so far.
func openSession(q *questions, open func(each func(record)) (*file, error), source string, now func() time.Time) (*session, error) {
	s := &session{questions: q, source: source, now: now, cells: make([]cell, len(q.list)), counts: make([][answers]int, len(q.classes))}
	s.total[Open] = len(q.list)
	for i := range q.list {
		s.counts[q.class[i]][Open]++
	}
	type key struct{ image, class string }
	at := make(map[key]int, len(q.list))
	for i, c := range q.list {
		at[key{c.Image, c.Class}] = i
	}
	var err error
	s.file, err = open(func(r record) {
		if n, listed := at[key{r.image, r.class}]; listed {
			s.set(n, r.answer)
		}
	})
	return s, err
}

// set changes an answer in memory.
func (s *session) set(n int, a Answer) {
	c := &s.cells[n]
	s.counts[s.class[n]][c.answer]--
	s.total[c.answer]--
	c.answer = a
	c.version++
	s.counts[s.class[n]][a]++
	s.total[a]++
}

// given is an answer to a question as it was when it was shown.
type given struct {
	n       int
	version uint32
	answer  Answer
}

// answer takes answers of one browser: all at once to disk, then into memory. Questions that were answered elsewhere since they were
// shown keep that answer; stale is how many. After an error nothing has changed.
func (s *session) answer(c *client, list []given, how string) (taken []given, stale int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []record
	for _, g := range list {
		if g.n < 0 || g.n >= len(s.cells) {
			return nil, 0, fmt.Errorf("question %d of %d", g.n+1, len(s.cells))
		}
		if s.cells[g.n].version != g.version {
			stale++
			continue
		}
		taken = append(taken, g)
		if g.answer.answered() {
			rows = append(rows, s.record(g.n, g.answer, how))
		}
	}
	if err := s.save(rows); err != nil {
		return nil, 0, err
	}
	step := make([]change, len(taken))
	for i, g := range taken {
		step[i] = change{n: g.n, was: s.cells[g.n].answer}
		s.set(g.n, g.answer)
		step[i].version = s.cells[g.n].version
		s.cells[g.n].holder = nil
	}
	c.did(step, len(rows), s.now())
	return taken, stale, nil
}

// undo takes back the last step of a browser, except for what was answered elsewhere since.
func (s *session) undo(c *client) (undone []change, stale int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := c.last()
	var rows []record
	for _, ch := range step {
		now := s.cells[ch.n]
		if now.version != ch.version {
			stale++
			continue
		}
		undone = append(undone, ch)
		if now.answer.answered() || ch.was.answered() {
			rows = append(rows, s.record(ch.n, ch.was, "undo"))
		}
	}
	if err := s.save(rows); err != nil {
		return nil, 0, err
	}
	for _, ch := range undone {
		s.set(ch.n, ch.was)
	}
	c.forget()
	return undone, stale, nil
}

func (s *session) record(n int, a Answer, how string) record {
	return record{s.list[n].Image, s.list[n].Class, a, s.source + ":" + how}
}

func (s *session) save(rows []record) error {
	if len(rows) == 0 {
		return nil
	}
	if err := s.file.append(s.now(), rows); err != nil {
		return err
	}
	s.saved += len(rows)
	return nil
}

// next are up to most questions that a browser is to be asked, which are held for it. In the order of the list, or by
// falling score. Skipped ones come when no other is left, those that another browser shows last.
func (s *session) next(c *client, f filter, most int, byScore bool) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var open, skipped, held []int
	take := func(n int) bool {
		cell := &s.cells[n]
		switch {
		case !s.has(f, n) || cell.answer.answered():
		case cell.holder != nil && cell.holder != c && now.Before(cell.until):
			held = append(held, n)
		case cell.answer == Skipped:
			skipped = append(skipped, n)
		default:
			open = append(open, n)
		}
		return len(open) < most
	}
	s.each(f, byScore, take)
	for _, list := range [][]int{skipped, held} {
		if len(open) == 0 {
			open = list[:min(most, len(list))]
		}
	}
	s.holdFor(c, open, now)
	return open
}

// each calls f for questions until it returns false.
func (s *session) each(f filter, byScore bool, call func(n int) bool) {
	if f.class >= 0 && byScore {
		for _, n := range s.ofClass[f.class] {
			if !call(int(n)) {
				return
			}
		}
		return
	}
	for n := range s.list {
		if !call(n) {
			return
		}
	}
}

// holdFor makes questions those that c shows, in place of the ones that it showed before.
func (s *session) holdFor(c *client, list []int, now time.Time) {
	for _, n := range c.shown {
		if s.cells[n].holder == c {
			s.cells[n].holder = nil
		}
	}
	for _, n := range list {
		if cell := &s.cells[n]; cell.holder == nil || cell.holder == c || !now.Before(cell.until) {
			cell.holder, cell.until = c, now.Add(hold)
		}
	}
	c.shown = append(c.shown[:0], list...)
}

// at is the state of a question.
func (s *session) at(n int) (Answer, uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cells[n].answer, s.cells[n].version
}

// tally counts the answers to the chosen questions.
func (s *session) tally(f filter) [answers]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case f.reason == "" && f.class < 0:
		return s.total
	case f.reason == "":
		return s.counts[f.class]
	}
	var n [answers]int
	s.each(f, f.class >= 0, func(i int) bool {
		if s.has(f, i) {
			n[s.cells[i].answer]++
		}
		return true
	})
	return n
}
