package labels

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Writable are the formats that [Set.Write] writes. [Set.WriteVOC] writes one more.
func Writable() []Format {
	return []Format{CSV, Wide, JSONL, COCO, OpenImages, LabelStudio, CVAT}
}

// HoldsUnknown tells whether a format can say of one class in one image that nothing is known while
// others are absent. What CVAT's does not mention is absent to its readers, unless they are told
// otherwise (Options.MissingUnknown).
func (f Format) HoldsUnknown() bool { return f != COCO }

// Write writes the set in one of the formats of [Writable]. COCO's has no unknown: such a cell is an
// error (see [Set.Known]).
func (s *Set) Write(w io.Writer, f Format) error {
	switch f {
	case CSV:
		return s.WriteCSV(w)
	case Wide:
		return s.writeWide(w)
	}
	b := bufio.NewWriter(w)
	var err error
	switch f {
	case JSONL:
		err = s.writeJSONL(b)
	case COCO:
		err = s.writeCOCO(b)
	case OpenImages:
		err = s.writeOpenImages(b)
	case LabelStudio:
		err = s.writeLabelStudio(b)
	case CVAT:
		err = s.writeCVAT(b)
	default:
		return fmt.Errorf("labels cannot be written as %q", f)
	}
	if err != nil {
		return fmt.Errorf("write labels: %w", err)
	}
	return b.Flush()
}

// said lists the names of the classes that are present and absent in image i.
func (s *Set) said(i int) (present, absent []string) {
	present, absent = []string{}, []string{}
	s.Annotated(i, func(class int, state State) {
		if state == Positive {
			present = append(present, s.Classes[class].Name)
		} else {
			absent = append(absent, s.Classes[class].Name)
		}
	})
	return present, absent
}

// writeWide writes one column per class; an unknown cell is empty.
func (s *Set) writeWide(w io.Writer) error {
	c := csv.NewWriter(w)
	rec := append([]string{"image"}, s.ClassNames()...)
	if err := c.Write(rec); err != nil {
		return err
	}
	row := make([]int8, s.NumClasses())
	for i := range s.Len() {
		s.Row(i, row)
		rec[0] = s.ImageName(i)
		for class, v := range row {
			rec[class+1] = ""
			if v != int8(Unknown) {
				rec[class+1] = strconv.Itoa(int(v))
			}
		}
		if err := c.Write(rec); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func (s *Set) writeJSONL(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range s.Len() {
		present, absent := s.said(i)
		err := e.Encode(struct {
			Image    string   `json:"image"`
			Positive []string `json:"positive"`
			Negative []string `json:"negative"`
		}{s.ImageName(i), present, absent})
		if err != nil {
			return err
		}
	}
	return nil
}

// writeOpenImages calls classes by their ids where they have some.
func (s *Set) writeOpenImages(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"ImageID", "Source", "LabelName", "Confidence"}); err != nil {
		return err
	}
	for i := range s.Len() {
		name := s.ImageName(i)
		var err error
		s.Annotated(i, func(class int, state State) {
			id := s.Classes[class].ID
			if id == "" {
				id = s.Classes[class].Name
			}
			if err == nil {
				err = c.Write([]string{name, "verification", id, strconv.Itoa(int(state))})
			}
		})
		if err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// WriteDescriptions writes the classes as Open Images' class descriptions, LabelName,DisplayName.
func (s *Set) WriteDescriptions(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"LabelName", "DisplayName"}); err != nil {
		return err
	}
	for _, class := range s.Classes {
		id := class.ID
		if id == "" {
			id = class.Name
		}
		if err := c.Write([]string{id, class.Name}); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// writeLabelStudio writes the tasks of a set that has images, with two fields of choices, "present" and "absent".
func (s *Set) writeLabelStudio(w io.Writer) error {
	type value struct {
		Choices []string `json:"choices"`
	}
	type result struct {
		From  string `json:"from_name"`
		To    string `json:"to_name"`
		Type  string `json:"type"`
		Value value  `json:"value"`
	}
	type annotation struct {
		Cancelled bool     `json:"was_cancelled"`
		Result    []result `json:"result"`
	}
	type task struct {
		Data        map[string]string `json:"data"`
		Annotations []annotation      `json:"annotations"`
	}
	separator := "["
	for i := range s.Len() {
		present, absent := s.said(i)
		a := annotation{Result: []result{}}
		for _, r := range []result{{"present", "img", "choices", value{present}}, {"absent", "img", "choices", value{absent}}} {
			if len(r.Value.Choices) > 0 {
				a.Result = append(a.Result, r)
			}
		}
		text, err := json.Marshal(task{map[string]string{"image": s.ImageName(i)}, []annotation{a}})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s%s", separator, text); err != nil {
			return err
		}
		separator = ",\n"
	}
	_, err := io.WriteString(w, "]\n")
	return err
}

// writeCVAT writes image tags; one of an absent class has an attribute that says so.
func (s *Set) writeCVAT(w io.Writer) error {
	var err error
	print := func(format string, texts ...string) {
		args := make([]any, len(texts))
		for i, t := range texts {
			args[i] = escapeXML(t)
		}
		if err == nil {
			_, err = fmt.Fprintf(w, format, args...)
		}
	}
	print("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n<version>1.1</version>\n<meta><task><labels>\n")
	for _, class := range s.Classes {
		print("<label><name>%s</name><type>tag</type><attributes><attribute><name>state</name><input_type>select</input_type><default_value>present</default_value><values>present\nabsent</values></attribute></attributes></label>\n", class.Name)
	}
	print("</labels></task></meta>\n")
	for i := range s.Len() {
		print("<image id=\"%s\" name=\"%s\">\n", strconv.Itoa(i), s.ImageName(i))
		s.Annotated(i, func(class int, state State) {
			word := "present"
			if state == Negative {
				word = "absent"
			}
			print("<tag label=\"%s\" source=\"manual\"><attribute name=\"state\">%s</attribute></tag>\n", s.Classes[class].Name, word)
		})
		print("</image>\n")
	}
	print("</annotations>\n")
	return err
}

func escapeXML(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // memory cannot fail
	return b.String()
}
