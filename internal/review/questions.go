package review

import (
	"cmp"
	"errors"
	"slices"

	"csl/internal/audit/list"
)

// questions are the cells of a list in its order, with their classes, images and reasons numbered.
type questions struct {
	list    []list.Candidate
	class   []int32 // of each question, in classes
	image   []int32 // of each question, in images
	classes []string
	images  []string
	reasons []list.Reason // in the order in which they are met
	ofClass [][]int32     // questions of each class, by falling score; those without score last
}

func newQuestions(candidates []list.Candidate) (*questions, error) {
	if len(candidates) == 0 {
		return nil, errors.New("the list has no questions")
	}
	q := &questions{list: candidates}
	classes, images, reasons := map[string]int32{}, map[string]int32{}, map[list.Reason]bool{}
	for i, c := range candidates {
		class, image := number(classes, &q.classes, c.Class), number(images, &q.images, c.Image)
		q.class, q.image = append(q.class, class), append(q.image, image)
		if int(class) == len(q.ofClass) {
			q.ofClass = append(q.ofClass, nil)
		}
		q.ofClass[class] = append(q.ofClass[class], int32(i))
		if c.Reason != "" && !reasons[c.Reason] {
			reasons[c.Reason] = true
			q.reasons = append(q.reasons, c.Reason)
		}
	}
	for _, of := range q.ofClass {
		slices.SortStableFunc(of, func(a, b int32) int { return cmp.Compare(q.list[b].Score, q.list[a].Score) })
	}
	return q, nil
}

// number is the number of a name, which is added if it is new.
func number(known map[string]int32, names *[]string, name string) int32 {
	n, ok := known[name]
	if !ok {
		n = int32(len(*names))
		known[name] = n
		*names = append(*names, name)
	}
	return n
}

// filter chooses questions.
type filter struct {
	class  int // -1 for all
	reason list.Reason
}

// has tells whether question n is chosen.
func (q *questions) has(f filter, n int) bool {
	return (f.class < 0 || int(q.class[n]) == f.class) && (f.reason == "" || q.list[n].Reason == f.reason)
}
