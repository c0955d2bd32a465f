package labels

import (
	"os"
	"strings"
	"testing"
)

// The examples in docs/data.md are read as the text beside them says.
func TestExamplesOfTheDocsAreRead(t *testing.T) {
	text, err := os.ReadFile("../../docs/data.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]string{}
	heading, inside := "", false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = !inside
			if lang := strings.TrimSpace(strings.TrimPrefix(line, "```")); lang != "" {
				heading += " " + lang // a second example below the heading
			}
		case inside:
			examples[heading] += line
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	for heading, want := range map[string]formatCase{
		"CSV":          {format: CSV, classes: "dog person", lines: []string{"a.jpg +-", "sub/b.jpg ?+", "c.jpg ??"}},
		"Wide CSV":     {format: Wide, classes: "dog person", lines: []string{"a.jpg +-", "sub/b.jpg ?+", "c.jpg ??"}},
		"Tags":         {format: Tags, classes: "dog person", lines: []string{"a.jpg +?", "sub/b.jpg ++", "c.jpg ++"}},
		"Tags csv":     {format: Tags, classes: "3 12", lines: []string{"train/a.jpg ++", "val/b.jpg +?"}},
		"JSONL":        {format: JSONL, classes: "dog person", lines: []string{"a.jpg +-", "sub/b.jpg ?+", "c.jpg --"}},
		"COCO":         {format: COCO, classes: "person dog", lines: []string{"a.jpg +-", "sub/b.jpg -+"}},
		"LVIS":         {format: LVIS, classes: "acorn aerosol_can air_conditioner", lines: []string{"val2017/a.jpg +-?"}},
		"Open Images":  {format: OpenImages, classes: "/m/07j7r /m/0bt9lr", lines: []string{"000026e7ee790996 -+", "000062a39995e348 ?-"}},
		"Pascal VOC":   {format: VOCXML, classes: "dog person", lines: []string{"a.jpg +?"}},
		"CVAT":         {format: CVAT, classes: "dog person", lines: []string{"a.jpg +-"}},
		"Label Studio": {format: LabelStudio, classes: "dog person", lines: []string{"a.jpg +-", "b.jpg ++"}},
		"FiftyOne":     {format: FiftyOne, classes: "dog person", lines: []string{"a +?", "sub/b ?+"}},
	} {
		if want.text = examples[heading]; want.text == "" {
			t.Errorf("no example below the heading %q", heading)
			continue
		}
		check(t, want)
	}
	var files []string
	for line := range strings.Lines(examples["WebDataset"]) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		files = append(files, name, text)
	}
	set, _ := fromShards(t, Options{}, writeShard(t, files...))
	wantNames(t, set, "dog", "person")
	wantLines(t, set, "7.jpg +-", "8.jpg +?")
}
