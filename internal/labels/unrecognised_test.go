package labels

import (
	"strings"
	"testing"
)

// What cannot be told gets an error that says what was seen and which format is nearest.
func TestAFileOfNoFormatIsAnsweredWithTheNearestOne(t *testing.T) {
	for text, want := range map[string][]string{
		`{"samples": [{"file": "a.jpg"}], "n": 3}`:   {`"samples", "n"`, "--data_format fiftyone", `"classes": ["dog"`},
		`{"a.jpg": {"regions": []}}`:                 {`the keys "a.jpg"`, "--data_format jsonl", `"positive": ["dog"]`},
		`[{"file_name": "a.jpg", "category_id": 1}]`: {`"file_name", "category_id"`, "--data_format coco", `"annotations": [{"id"`},
		`[{"image_path": "a.jpg", "tags": ["dog"]}]`: {`"image_path", "tags"`, "--data_format jsonl"},
		"[1,\n2]":                              {`begins "[1,"`, "--data_format coco"},
		`[{"tasks": [], "image": "a.jpg"}]`:    {`"tasks", "image"`, "--data_format labelstudio", `"from_name": "present"`},
		`<dataset><img/></dataset>`:            {"<dataset>", "--data_format cvat", `<tag label="dog"/>`},
		`<object name="dog"></object>`:         {"<object>", "--data_format voc", "<difficult>0</difficult>"},
		"<!-- nothing -->":                     {`begins "<!-- nothing -->"`, "--data_format voc"},
		"hello world\nfoo bar\n":               {`"hello world"`, "--data_format csv", `image,label,value\na.jpg,dog,1\nb.jpg,dog,0`},
		"path to it,what it is\na.jpg,a dog\n": {`"path to it" "what it is"`, "--data_format tags", `image,labels\na.jpg,dog\n`},
		"where;dog;cat\na.jpg;1;0\n":           {`"where" "dog" "cat"`, "--data_format wide", `image,dog,person\na.jpg,1,0\nb.jpg,,1`},
	} {
		_, _, err := parse(text, Options{})
		wantError(t, err, append(want, "cannot tell the format")...)
	}
}

// An example that no reader takes would be worse than none.
func TestTheExamplesOfMessagesAreRead(t *testing.T) {
	for _, f := range Formats() {
		lines := example(f)
		if len(lines) != 3 {
			t.Errorf("%s: %d lines", f, len(lines))
		}
		if f == Folders || f == LVIS || f == WebDataset { // neither is a text with an example
			continue
		}
		_, rep, err := parse(strings.Join(lines, "\n"), Options{})
		if err != nil || rep.Format != f {
			t.Errorf("%s: %v, %v", f, rep, err)
		}
	}
}
