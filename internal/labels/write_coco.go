package labels

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// writeCOCO writes instances without boxes: one annotation for each present cell. Classes keep their
// ids where those are ascending numbers.
func (s *Set) writeCOCO(w io.Writer) error {
	ids := s.cocoIDs()
	l := jsonLists{w: w}
	l.begin("images")
	for i := range s.Len() {
		l.element(struct {
			ID   int    `json:"id"`
			Name string `json:"file_name"`
		}{i + 1, s.ImageName(i)})
	}
	l.begin("categories")
	for i, class := range s.Classes {
		l.element(struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
		}{ids[i], class.Name})
	}
	l.begin("annotations")
	row := make([]int8, s.NumClasses())
	n := 0
	for i := range s.Len() {
		s.Row(i, row)
		for class, v := range row {
			switch State(v) {
			case Unknown:
				return fmt.Errorf("image %q, class %q is unknown, which COCO's format cannot say", s.ImageName(i), s.Classes[class].Name)
			case Positive:
				n++
				l.element(struct {
					ID       int   `json:"id"`
					Image    int   `json:"image_id"`
					Category int64 `json:"category_id"`
				}{n, i + 1, ids[class]})
			}
		}
	}
	return l.end()
}

// cocoIDs are the numbers of the classes.
func (s *Set) cocoIDs() []int64 {
	ids := make([]int64, s.NumClasses())
	last, own := int64(-1), true
	for i, class := range s.Classes {
		id, err := strconv.ParseInt(class.ID, 10, 64)
		own = own && err == nil && id > last
		ids[i], last = id, id
	}
	for i := range ids {
		if !own {
			ids[i] = int64(i + 1)
		}
	}
	return ids
}

// jsonLists writes an object of lists, element by element.
type jsonLists struct {
	w         io.Writer
	lists, in int // lists begun, and elements of the last one
	err       error
}

func (l *jsonLists) print(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format, args...)
	}
}

func (l *jsonLists) begin(name string) {
	if l.lists == 0 {
		l.print("{%q:[", name)
	} else {
		l.print("],\n%q:[", name)
	}
	l.lists, l.in = l.lists+1, 0
}

func (l *jsonLists) element(v any) {
	text, err := json.Marshal(v)
	if l.err == nil {
		l.err = err
	}
	separator := ""
	if l.in > 0 {
		separator = ",\n"
	}
	l.print("%s%s", separator, text)
	l.in++
}

func (l *jsonLists) end() error {
	l.print("]}\n")
	return l.err
}
