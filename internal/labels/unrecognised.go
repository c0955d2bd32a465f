package labels

import (
	"bytes"
	"fmt"
	"strings"
)

// unrecognised is the error of a file whose format its content does not tell: what was seen, and the nearest format with
// an example in three lines, between which stands \n.
func unrecognised(seen string, near Format) error {
	return fmt.Errorf("cannot tell the format: %s; nearest is --data_format %s, for example %s", seen, near, strings.Join(example(near), `\n`))
}

// example is a file of a format in three lines, for messages.
func example(f Format) []string {
	switch f {
	case Wide:
		return []string{"image,dog,person", "a.jpg,1,0", "b.jpg,,1"}
	case Tags:
		return []string{"image,labels", "a.jpg,dog", "b.jpg,dog|person"}
	case JSONL:
		return []string{
			`{"image": "a.jpg", "positive": ["dog"], "negative": ["person"]}`, `{"image": "b.jpg", "positive": ["dog", "person"]}`,
			`{"image": "c.jpg", "negative": ["dog"]}`,
		}
	case COCO, LVIS:
		return []string{
			`{"images": [{"id": 7, "file_name": "a.jpg"}],`, ` "categories": [{"id": 1, "name": "dog"}],`,
			` "annotations": [{"id": 1, "image_id": 7, "category_id": 1}]}`,
		}
	case FiftyOne:
		return []string{`{"classes": ["dog", "person"],`, ` "labels": {"a": [0],`, `            "b": [0, 1]}}`}
	case LabelStudio:
		return []string{
			`[{"data": {"image": "a.jpg"},`, `  "annotations": [{"result": [`,
			`    {"from_name": "present", "type": "choices", "value": {"choices": ["dog"]}}]}]}]`,
		}
	case VOCXML:
		return []string{`<annotation><filename>a.jpg</filename>`, `  <object><name>dog</name><difficult>0</difficult></object>`, `</annotation>`}
	case CVAT:
		return []string{`<annotations>`, `  <image id="0" name="a.jpg"><tag label="dog"/></image>`, `</annotations>`}
	case WebDataset:
		return []string{"1.jpg, 1.json in one archive", `1.json: {"positive": ["dog"],`, `         "negative": ["person"]}`}
	case OpenImages:
		return []string{"ImageID,Source,LabelName,Confidence", "000026e7ee790996,verification,/m/0bt9lr,1", "000026e7ee790996,verification,/m/07j7r,0"}
	}
	return []string{"image,label,value", "a.jpg,dog,1", "b.jpg,dog,0"}
}

// firstLine is the first line of a text, without its break.
func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.TrimRight(line, "\r")
}
