package labels

import (
	"strings"
	"testing"
)

const cocoText = `{"info": {"year": 2014, "deep": [[{"images": []}]]},
 "annotations": [
  {"id": 1, "image_id": 20, "category_id": 90, "iscrowd": 0, "segmentation": [[1,2,3]], "bbox": [0,0,1,1]},
  {"id": 2, "image_id": 10, "category_id": 3, "iscrowd": 1, "segmentation": {"counts": [1], "size": [2, 2]}},
  {"id": 3, "image_id": 20, "category_id": 3},
  {"id": 4, "image_id": 20, "category_id": 3}],
 "images": [{"id": 10, "file_name": "a.jpg"}, {"id": 20, "file_name": "b.jpg"}, {"id": 30, "file_name": "c.jpg"}],
 "categories": [{"id": 90, "name": "toothbrush"}, {"id": 3, "name": "car"}, {"id": 11, "name": "hydrant"}]}`

func TestCOCOAbsenceMeansNegative(t *testing.T) {
	set, rep := mustParse(t, cocoText, Options{})
	wantNames(t, set, "car", "hydrant", "toothbrush") // ascending id
	wantLines(t, set, "a.jpg +--", "b.jpg +-+")
	if set.Classes[2].ID != "90" || rep.Format != COCO || rep.Images != 2 || rep.Classes != 3 {
		t.Errorf("%+v %+v", set.Classes, rep)
	}
	if rep.Count(CrowdAnnotations) != 1 || rep.Count(Unannotated) != 1 {
		t.Errorf("report %v", rep)
	}
	if s := rep.String(); !strings.Contains(s, "c.jpg") || !strings.Contains(s, "2 images, 3 classes") {
		t.Errorf("report %q", s)
	}
}

func TestCOCOKeepsUnannotatedOnRequest(t *testing.T) {
	set, rep := mustParse(t, cocoText, Options{KeepUnannotated: true})
	wantLines(t, set, "a.jpg +--", "b.jpg +-+", "c.jpg ---")
	if rep.Count(UnannotatedKept) != 1 || rep.Count(Unannotated) != 0 {
		t.Errorf("report %v", rep)
	}
}

func TestCOCOClassListSetsOrderAndAbsentClassIsUnknown(t *testing.T) {
	set, rep := mustParse(t, cocoText, Options{Classes: []string{"toothbrush", "zebra", "hydrant", "car"}})
	wantLines(t, set, "a.jpg -?-+", "b.jpg +?-+")
	if rep.Count(AbsentClasses) != 1 || set.Classes[0].ID != "90" || set.Classes[1].ID != "" {
		t.Errorf("%v %+v", rep, set.Classes)
	}
	_, _, err := parse(cocoText, Options{Classes: []string{"toothbrush", "hydrants"}})
	wantError(t, err, `"car"`, "id 3", "not in the list")
	set, rep = mustParse(t, cocoText, Options{Classes: []string{"hydrant"}, SkipOtherClasses: true})
	wantLines(t, set, "a.jpg -", "b.jpg -")
	if rep.Count(OtherClasses) != 2 {
		t.Errorf("report %v", rep)
	}
}

const lvisText = `{"images": [
 {"id": 1, "file_name": "a.jpg", "neg_category_ids": [2, 3], "not_exhaustive_category_ids": [4, 1]},
 {"id": 2, "coco_url": "http://images.cocodataset.org/val2017/000000397133.jpg", "neg_category_ids": [], "not_exhaustive_category_ids": []},
 {"id": 3, "file_name": "c.jpg", "neg_category_ids": [1], "not_exhaustive_category_ids": []},
 {"id": 4, "file_name": "d.jpg", "neg_category_ids": [], "not_exhaustive_category_ids": []}],
 "categories": [{"id": 1, "name": "w"}, {"id": 2, "name": "x"}, {"id": 3, "name": "y"}, {"id": 4, "name": "z"}],
 "annotations": [{"id": 7, "image_id": 1, "category_id": 1}, {"id": 8, "image_id": 2, "category_id": 4}, {"id": 9, "image_id": 1, "category_id": 3}]}`

func TestLVISThreeStates(t *testing.T) {
	set, rep := mustParse(t, lvisText, Options{})
	wantLines(t, set, "a.jpg +-+?", "val2017/000000397133.jpg ???+", "c.jpg -???")
	if rep.Format != LVIS || rep.Count(Unannotated) != 1 || rep.Count(Contradictions) != 1 || rep.Count(NotExhaustive) != 1 {
		t.Errorf("report %v", rep)
	}
	set, _ = mustParse(t, lvisText, Options{Format: COCO})
	wantLines(t, set, "a.jpg +-+-", "val2017/000000397133.jpg ---+")
	set, _ = mustParse(t, cocoText, Options{Format: LVIS})
	wantLines(t, set, "a.jpg +??", "b.jpg +?+")
}

func TestIdsMayBeTextOrNumbers(t *testing.T) {
	set, _ := mustParse(t, `{"images":[{"id":"x7","file_name":"a"},{"id":"8","file_name":"b"}],
		"categories":[{"id":"q","name":"Q"},{"id":10,"name":"ten"},{"id":9,"name":"nine"}],
		"annotations":[{"image_id":"x7","category_id":"q"},{"image_id":8.0,"category_id":"10"}]}`, Options{})
	wantNames(t, set, "nine", "ten", "Q")
	wantLines(t, set, "a --+", "b -+-")
}

func TestCOCOErrorsNameThePlace(t *testing.T) {
	const tail = `"categories":[{"id":1,"name":"x"}]}`
	cases := []struct {
		text string
		want []string
	}{
		{`{"images":[{"id":1,"file_name":"a"}],"annotations":[{"id":5,"image_id":1,"category_id":7}],` + tail, []string{"annotation 5 of image 1", "category id 7", "byte 52"}},
		{`{"images":[{"id":1,"file_name":"a"}],"annotations":[{"id":5,"image_id":2,"category_id":1}],` + tail, []string{"annotation 5", "image id 2"}},
		{`{"images":[{"id":1,"file_name":"a","neg_category_ids":[9]}],"annotations":[],` + tail, []string{"image 1", "category id 9"}},
		{`{"images":[{"id":1,"file_name":"a"},{"id":1,"file_name":"b"}],"annotations":[],` + tail, []string{"image id 1", `"a"`, `"b"`}},
		{`{"images":[{"id":1,"file_name":"a"},{"id":2,"file_name":"a"}],"annotations":[],` + tail, []string{"image 2", `file_name "a"`}},
		{`{"images":[{"id":1}],"annotations":[],` + tail, []string{"image 1 has no file_name"}},
		{`{"images":[{"file_name":"a"}],"annotations":[],` + tail, []string{`image "a" has no id`}},
		{`{"images":[{"id":1,"file_name":"a"}],"annotations":[{"image_id":1,"caption":"x"}],` + tail, []string{"no category_id", "captions"}},
		{`{"images":[{"id":1,"file_name":"a"}],"annotations":[{"id":3}],` + tail, []string{"no image_id"}},
		{`{"images":[],"annotations":[],"categories":[{"id":1,"name":"x"},{"id":1,"name":"y"}]}`, []string{"category id 1", `"y"`}},
		{`{"images":[],"annotations":[],"categories":[{"id":1,"name":"x"},{"id":2,"name":"x"}]}`, []string{`"x"`, `"1"`, `"2"`}},
		{`{"images":[],"annotations":[],"categories":[{"id":1}]}`, []string{"category 1 has no name"}},
		{`{"images":[],"annotations":[],"categories":[]}`, []string{`"categories" is empty`}},
		{`{"images":[],"annotations":[],` + tail, []string{"no image with a label"}},
		{`{"images":[],"annotations":[]}`, []string{`no "categories"`}},
		{`{"images":[{"id":true,"file_name":"a"}]}`, []string{"images", "true"}},
		{`{"images":[{"id":1,"file_name":4}]}`, []string{"images", "file_name", "image 1", "byte 11"}},
		{`{"images":{"a":1}}`, []string{"images", "found", "want a list"}},
		{`{"images":[{"id":1,"file_name":"a"}`, []string{"cut short"}},
		{`{"images":[{"id":1,"file_na`, []string{"cut short"}},
		{`{"images":[],"annotations":[],"categories":[]} {"images":[]}`, []string{"byte 47", "more after the end"}},
		{`{"info":"abc`, []string{"cut short"}},
	}
	for _, c := range cases {
		_, _, err := parse(c.text, Options{})
		if err == nil {
			t.Errorf("%s: no error", c.text)
			continue
		}
		wantError(t, err, c.want...)
	}
}

func TestRepeatedImageEntryIsCounted(t *testing.T) {
	set, rep := mustParse(t, `{"images":[{"id":1,"file_name":"a"},{"id":1,"file_name":"a"}],
		"annotations":[{"image_id":1,"category_id":1}],"categories":[{"id":1,"name":"x"}]}`, Options{})
	wantLines(t, set, "a +")
	if rep.Count(DuplicateImages) != 1 {
		t.Errorf("report %v", rep)
	}
}
