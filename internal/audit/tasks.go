package audit

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"csl/internal/audit/list"
	"csl/internal/labels"
)

// task is an image with its questions and what is known or believed of its classes.
type task struct {
	image     string
	score     float64 // of its first question
	questions []list.Candidate
	present   []string // known and not in question, in the order of the classes
	absent    []string
}

// tasks groups a list by image, in the order of each image's first question. find gives the labels of an image.
func tasks(set *labels.Set, questions []list.Candidate) []task {
	var out []task
	at := map[string]int{}
	for _, q := range questions {
		i, ok := at[q.Image]
		if !ok {
			i = len(out)
			at[q.Image] = i
			out = append(out, task{image: q.Image, score: float64(q.Score)})
		}
		out[i].questions = append(out[i].questions, q)
	}
	for i := range out {
		out[i].know(set)
	}
	return out
}

// know fills in the labels that are not in question.
func (t *task) know(set *labels.Set) {
	row, ok := set.Find(t.image)
	if !ok {
		return
	}
	asked := map[string]bool{}
	for _, q := range t.questions {
		asked[q.Class] = true
	}
	set.Annotated(row, func(class int, s labels.State) {
		name := set.Classes[class].Name
		switch {
		case asked[name]:
		case s == labels.Positive:
			t.present = append(t.present, name)
		default:
			t.absent = append(t.absent, name)
		}
	})
}

// believed is what the audit believes of a cell in question; ok is false where it believes nothing.
func believed(q list.Candidate) (present, ok bool) {
	switch q.Reason {
	case list.LikelyPresent:
		return true, true
	case list.LikelyWrong:
		return q.Label == labels.Negative, true
	}
	return false, false
}

// WriteLabelStudio writes a task for each image with questions, for a project with the choices "present" and "absent"
// on an image "img". Labels and beliefs are a prediction, as nobody has answered; data.ask names the classes in
// question. prefix is put before the names of images: the address under which Label Studio finds them.
func WriteLabelStudio(w io.Writer, set *labels.Set, questions []list.Candidate, prefix string) error {
	b := bufio.NewWriter(w)
	separator := "["
	for i, t := range tasks(set, questions) {
		text, err := json.Marshal(t.labelStudio(i+1, prefix))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(b, "%s%s", separator, text); err != nil {
			return err
		}
		separator = ",\n"
	}
	if separator == "[" {
		_, _ = b.WriteString("[") // Flush has the error
	}
	_, _ = b.WriteString("]\n")
	return b.Flush()
}

// studioResult is one field of choices of Label Studio.
type studioResult struct {
	ID    string              `json:"id"`
	From  string              `json:"from_name"`
	To    string              `json:"to_name"`
	Type  string              `json:"type"`
	Value map[string][]string `json:"value"`
}

type studioPrediction struct {
	Model  string         `json:"model_version"`
	Score  float64        `json:"score"`
	Result []studioResult `json:"result"`
}

type studioTask struct {
	Data        map[string]string  `json:"data"`
	Predictions []studioPrediction `json:"predictions"`
}

// labelStudio is the task with a number, which makes the ids of its results unlike those of others, as Label Studio asks.
func (t *task) labelStudio(number int, prefix string) studioTask {
	present, absent, ask := t.present, t.absent, []string(nil)
	for _, q := range t.questions {
		ask = append(ask, q.Class)
		switch yes, ok := believed(q); {
		case ok && yes:
			present = append(present, q.Class)
		case ok:
			absent = append(absent, q.Class)
		}
	}
	p := studioPrediction{Model: "csl", Score: t.score, Result: []studioResult{}}
	for _, f := range []struct {
		name    string
		choices []string
	}{{"present", present}, {"absent", absent}} {
		if len(f.choices) > 0 {
			p.Result = append(p.Result, studioResult{fmt.Sprintf("%s-%d", f.name, number), f.name, "img", "choices", map[string][]string{"choices": f.choices}})
		}
	}
	return studioTask{map[string]string{"image": prefix + t.image, "ask": strings.Join(ask, ", ")}, []studioPrediction{p}}
}

// WriteCVAT writes "CVAT for images 1.1": a tag with the attribute state, present or absent, for every label and
// belief; those of cells in question have the source auto, known ones manual. A cell in question without a belief has
// no tag.
func WriteCVAT(w io.Writer, set *labels.Set, questions []list.Candidate) error {
	b := bufio.NewWriter(w)
	put := func(format string, texts ...string) {
		args := make([]any, len(texts))
		for i, t := range texts {
			var x strings.Builder
			_ = xml.EscapeText(&x, []byte(t)) // memory cannot fail
			args[i] = x.String()
		}
		fmt.Fprintf(b, format, args...) // Flush has the error
	}
	put("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n<version>1.1</version>\n<meta><task><labels>\n")
	for _, class := range set.Classes {
		put("<label><name>%s</name><type>tag</type><attributes><attribute><name>state</name><input_type>select</input_type><default_value>present</default_value><values>present\nabsent</values></attribute></attributes></label>\n", class.Name)
	}
	put("</labels></task></meta>\n")
	for i, t := range tasks(set, questions) {
		put("<image id=\"%s\" name=\"%s\">\n", fmt.Sprint(i), t.image)
		tag := func(class, source, state string) {
			put("<tag label=\"%s\" source=\"%s\"><attribute name=\"state\">%s</attribute></tag>\n", class, source, state)
		}
		for _, class := range t.present {
			tag(class, "manual", "present")
		}
		for _, class := range t.absent {
			tag(class, "manual", "absent")
		}
		for _, q := range t.questions {
			switch yes, ok := believed(q); {
			case ok && yes:
				tag(q.Class, "auto", "present")
			case ok:
				tag(q.Class, "auto", "absent")
			}
		}
		put("</image>\n")
	}
	put("</annotations>\n")
	return b.Flush()
}
