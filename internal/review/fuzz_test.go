package review

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"csl/internal/safefile"
)

func FuzzFilesOfAnswers(f *testing.F) {
	head := "image,label,value,time,source\n"
	for _, s := range []string{"", head, head + "a,dog,1,t,s\n", head + "\"a,b\",dog,unsure,t,s\nb,c,undone,", head[:10], head + "\n\n", "\n", head + "\"\n", head + "a,b,2,t,s\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var first []record
		file, err := openFile(safefile.OS(), path, func(r record) { first = append(first, r) })
		if err != nil {
			if data, err := os.ReadFile(path); err != nil || string(data) != text {
				t.Fatalf("a file that is refused was changed: %q", data)
			}
			return
		}
		if err := file.close(); err != nil {
			t.Fatal(err)
		}
		n := 0
		if file, err = openFile(safefile.OS(), path, func(record) { n++ }); err != nil || n != len(first) {
			t.Fatalf("%d rows, then %d: %v", len(first), n, err)
		}
		if err := file.close(); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzForms(f *testing.F) {
	for _, s := range []string{"item=0:0&chosen=0", "item=0:0&item=1:0&unsure=1&mode=except", "item=9:9", "item=x", "skip=1&item=0:0", "class=1&reason=x", "%"} {
		f.Add(s)
	}
	q, err := newQuestions(candidates([]string{"a", "b"}))
	if err != nil {
		f.Fatal(err)
	}
	s := &server{session: &session{questions: q}}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		if chosen, err := s.parseFilter(v); err == nil && (chosen.class < -1 || chosen.class >= len(q.classes)) {
			t.Errorf("class %d", chosen.class)
		}
		list, err := s.gridAnswers(v)
		if err != nil {
			return
		}
		for _, g := range list {
			if g.n < 0 || g.n >= len(q.list) || g.answer == Open || g.answer >= answers {
				t.Errorf("%+v", g)
			}
		}
	})
}
