package labels

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSeveralErrorsAreNamedUpToTheLimit(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // the parts of the error, in order
	}{
		"csv":        {"image,label,value\na,x,2\nb,x,1\n,x,1\nc,x\nd,x,9\n", []string{"line 2: value \"2\"", "line 4: empty image", "line 5: 2 fields", "line 6: value \"9\""}},
		"csv syntax": {"image,label,value\na,x,2\nb,x,1\nc\"c,x,1\nd,x,9\n", []string{"line 2: value \"2\"", "line 4, column 2: a quote"}},
		"openimages": {"ImageID,Source,LabelName,Confidence\na,h,x,2\nb,h,x,1\n,h,x,1\nc,x\nd,h,x,7\n", []string{"line 2:", "line 4: empty ImageID", "line 5: 2 fields", "line 6:"}},
		"wide":       {"image,x,y\nz,1,0\na,2,1\nb,1\n,1,1\nz,1,1\n", []string{"line 3, column \"x\": value \"2\"", "line 4: 2 fields", "line 5: empty image", "line 6: image \"z\""}},
		"tags":       {"image,labels\n,x\nb\nc,y\n,z\n,z\n", []string{"line 2: empty", "line 3: 1 fields", "line 5: empty", "line 6: empty"}},
		"jsonl":      {"{\"image\":\"a\",\"positive\":[\"x\"]}\n{\"image\":\"a\"}\n{\"positive\":[]}\n{\"image\":\"b\",\"positive\":[\"x\"],\"negative\":[\"x\"]}\n{\"a\":1}\n", []string{"line 2: image", "line 3: no", "line 4: label", "line 5: key"}},
		"cvat": {
			"<annotations>\n<image><tag label=\"x\"/></image>\n<image name=\"a\"><tag/>\n<tag label=\"x\"/></image>\n<image name=\"a\"/>\n<image name=\"b\"><tag label=\" \"/></image></annotations>",
			[]string{"line 2: an image without a name", "line 3: image \"a\": <tag> without a label", "line 5: image \"a\" comes twice", "line 6: empty class"},
		},
		"cvat syntax": {"<annotations>\n<image/>\n<image name=\"a\"></annotations>", []string{"line 2: an image without", "line 3: "}},
		"voc":         {"<annotation><filename>a</filename><object><name></name></object></annotation>", []string{"empty class"}},
		"labelstudio": {
			`[{"data":{"x":1}},{"data":{"image":"a"},"annotations":[{"result":[{"value":{"choices":[""]}}]}]},{"data":{}},{"data":{"image":"b"}}]`,
			[]string{"byte 1, task 1: no image", "byte 18, task 2: empty class", "task 3: no image"},
		},
		"labelstudio syntax": {`[{"data":{"x":1}},{"data":}]`, []string{"task 1: no image", "task 2: "}},
		"fiftyone": {
			`{"classes":["x",""],"labels":{"a":0,"a":0,"b":true,"c":7,"d":[0,9]}}`,
			[]string{`image "a" comes twice`, `image "b": label true`, "classes: empty class", `image "c": label 7: there are 2`, `image "d": label 9`},
		},
		"coco": {
			`{"images":[{"id":1},{"id":2,"file_name":"b"},{"file_name":"c"}],"annotations":[{"id":5,"category_id":1},{"id":6,"image_id":2}],"categories":[{"id":1,"name":"x"}]}`,
			[]string{"images: byte 11: image 1 has no file_name", "images: byte 45: image \"c\" has no id", "annotations: byte", "annotations: byte"},
		},
	} {
		for most := range 6 {
			_, _, err := parse(c.text, Options{MaxErrors: most})
			if err == nil {
				t.Fatalf("%s: no error", name)
			}
			got := strings.Split(err.Error(), "\n")
			if want := c.want[:min(max(most, 1), len(c.want))]; len(got) != len(want) {
				t.Errorf("%s, at most %d: %q", name, most, got)
			} else {
				for i, part := range want {
					if !strings.Contains(got[i], part) {
						t.Errorf("%s: error %d is %q, want %q in it", name, i, got[i], part)
					}
				}
			}
		}
	}
}

func TestEveryBrokenFileOfAFolderIsNamedUpToTheLimit(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.xml": "<annotation><filename>a.jpg</filename><object><name>dog</name></object></annotation>",
		"b.xml": "<annotation><filename>a.jpg</filename></annotation>",
		"c.xml": "<annotation>\n<object>",
		"d.xml": "<annotation><object><name></name></object></annotation>",
		"e.xml": "<annotation><object><name>dog</name></object></annotation>",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`b.xml: image "a.jpg" has another file`, "c.xml: line 2", "d.xml: empty class name"}
	for most := range 5 {
		_, _, err := Open(context.Background(), Options{Path: dir, MaxErrors: most})
		if err == nil {
			t.Fatal("no error")
		}
		got := strings.Split(err.Error(), "\n")
		if n := min(max(most, 1), len(want)); len(got) != n {
			t.Errorf("at most %d: %q", most, got)
		}
		for i := range got {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("error %d is %q, want %q in it", i, got[i], want[i])
			}
		}
	}
}
