package labels

import (
	"errors"
	"fmt"

	"csl/internal/similar"
)

// classList gives labels their column. It is either fixed (an enforced list)
// or grows with every new label.
type classList struct {
	classes    []Class
	byName     map[string]int
	fixed      bool
	skipOthers bool // of a fixed list: other labels are skipped, not an error
}

// errSkip says that a label is to be skipped.
var errSkip = errors.New("class outside the class list")

// newClassList makes a list that is fixed if names are given. ids are further names for them.
func newClassList(list, ids []string) (*classList, error) {
	l := &classList{byName: make(map[string]int, len(list)), fixed: len(list) > 0}
	for _, name := range list {
		l.classes = append(l.classes, Class{Name: name})
	}
	if err := checkClasses(l.classes); err != nil {
		return nil, fmt.Errorf("class list: %w", err)
	}
	for i, name := range list {
		l.byName[ClassName(name)] = i
	}
	if len(ids) != 0 && len(ids) != len(list) {
		return nil, fmt.Errorf("class list: %d ids for %d names", len(ids), len(list))
	}
	for i, id := range ids {
		if _, isName := l.byName[id]; id != "" && !isName {
			l.byName[id] = i
		}
	}
	return l, nil
}

// column is the number of the class of that name. The error is errSkip or one
// that names the nearest known class.
func (l *classList) column(name string) (int, error) {
	name = ClassName(name)
	if i, ok := l.byName[name]; ok {
		return i, nil
	}
	switch {
	case name == "":
		return 0, errors.New("empty class name")
	case !l.fixed:
		if len(l.classes) == maxClasses {
			return 0, fmt.Errorf("more than %d classes", maxClasses)
		}
		l.byName[name] = len(l.classes)
		l.classes = append(l.classes, Class{ID: name, Name: name})
		return len(l.classes) - 1, nil
	case l.skipOthers:
		return 0, errSkip
	}
	return 0, fmt.Errorf("class %q is not in the list of %d classes (nearest: %q)", clip(name), len(l.classes), l.nearest(name))
}

// columnOf is column of bytes. A name that was met before costs no memory.
func (l *classList) columnOf(name []byte) (int, error) {
	if i, ok := l.byName[string(name)]; ok {
		return i, nil
	}
	return l.column(string(name))
}

// nearest is the known name with the smallest edit distance.
func (l *classList) nearest(name string) string {
	best, least := "", int(^uint(0)>>1)
	for _, c := range l.classes {
		if d := similar.Distance(clip(name), clip(c.Name)); d < least {
			best, least = c.Name, d
		}
	}
	return best
}

// seen records that the file has the class, under the id given first.
func (l *classList) seen(class int, id string) {
	if l.classes[class].ID == "" {
		l.classes[class].ID = id
	}
}

// reportAbsent counts the classes of the list that were not seen.
func (l *classList) reportAbsent(rep *Report) {
	for _, c := range l.classes {
		if c.ID == "" {
			rep.add(AbsentClasses, func() string { return fmt.Sprintf("%q", c.Name) })
		}
	}
}
