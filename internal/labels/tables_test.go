package labels

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// describe writes a class description file and returns its path.
func describe(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "class-descriptions.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

const openImagesText = `ImageID,Source,LabelName,Confidence
000a,verification,/m/02,1
000a,verification,/m/01,0
000b,crowdsource-verification,/m/03,1.0
000b,verification,/m/03,0
000c,verification,/m/02,0
000c,verification,/m/02,0
000a,machine,/m/03,0.7
`

func TestOpenImagesWithoutDescriptionsSortsLabels(t *testing.T) {
	set, rep := mustParse(t, openImagesText, Options{})
	wantNames(t, set, "/m/01", "/m/02", "/m/03")
	wantLines(t, set, "000a -+?", "000b ??+", "000c ?-?")
	if rep.Format != OpenImages || rep.Count(Contradictions) != 1 || rep.Count(DuplicateRows) != 1 || rep.Count(MachineLabels) != 1 {
		t.Errorf("report %v", rep)
	}
}

func TestOpenImagesDescriptionsNameAndOrderClasses(t *testing.T) {
	path := describe(t, "LabelName,DisplayName\n/m/03,\"Wave, big\"\n/m/02,Ball\n/m/09,Ball\n/m/01,Naïve\n")
	set, rep := mustParse(t, openImagesText, Options{ClassDescriptions: path})
	wantNames(t, set, "Wave, big", "Ball (/m/02)", "Ball (/m/09)", "Naïve")
	wantLines(t, set, "000a ?+?-", "000b +???", "000c ?-??")
	if set.Classes[0].ID != "/m/03" || rep.Count(SharedNames) != 2 {
		t.Errorf("%+v, %v", set.Classes, rep)
	}
	_, _, err := parse(openImagesText, Options{ClassDescriptions: describe(t, "/m/03,x\n/m/02,y\n")})
	wantError(t, err, "line 3", `"/m/01"`, "class descriptions")
}

func TestOpenImagesClassListByNameOrMID(t *testing.T) {
	path := describe(t, "/m/01,Tree\n/m/02,Ball\n/m/03,Wave\n")
	for _, list := range [][]string{{"Wave", "Ball", "Tree", "Moon"}, {"/m/03", "/m/02", "Tree", "Moon"}} {
		set, rep := mustParse(t, openImagesText, Options{ClassDescriptions: path, Classes: list})
		wantNames(t, set, list...)
		wantLines(t, set, "000a ?+-?", "000b +???", "000c ?-??")
		if rep.Count(AbsentClasses) != 1 {
			t.Errorf("report %v", rep)
		}
	}
	_, _, err := parse(openImagesText, Options{ClassDescriptions: path, Classes: []string{"Ball", "Trees"}})
	wantError(t, err, "line 3", `"Tree"`, `nearest: "Trees"`)
	set, rep := mustParse(t, openImagesText, Options{ClassDescriptions: path, Classes: []string{"Ball"}, SkipOtherClasses: true})
	wantLines(t, set, "000a +", "000c -")
	if rep.Count(OtherClasses) != 3 {
		t.Errorf("report %v", rep)
	}
}

func TestCSVWithAndWithoutHeader(t *testing.T) {
	for _, text := range []string{
		"image,label,value\na.jpg,dog,1\na.jpg,\"cat, big\",0\nb.jpg,dog,-1\nb.jpg,cow,1\n",
		"image, label, value\na.jpg, dog, 1 \na.jpg, \"cat, big\", 0\nb.jpg, dog, -1\nb.jpg, cow, 1\n",
		"a.jpg,dog,1\r\na.jpg,\"cat, big\",0\r\nb.jpg,dog,-1\r\nb.jpg,cow,1",
		"\xef\xbb\xbfvalue,extra,Label,Image\n1,,dog,a.jpg\n0,,\"cat, big\",a.jpg\n-1,,dog,b.jpg\n1,,cow,b.jpg\n",
	} {
		set, rep := mustParse(t, text, Options{})
		wantNames(t, set, "dog", "cat, big", "cow") // first appearance
		wantLines(t, set, "a.jpg +-?", "b.jpg ??+")
		if rep.Format != CSV || rep.Count(ExplicitUnknown) != 1 {
			t.Errorf("report %v", rep)
		}
	}
	set, rep := mustParse(t, "a,dog,1\na,dog,1\nb,fox,0\n", Options{Classes: []string{"fox", "dog", "elk"}})
	wantLines(t, set, "a ?+?", "b -??")
	if rep.Count(DuplicateRows) != 1 || rep.Count(AbsentClasses) != 1 {
		t.Errorf("report %v", rep)
	}
}

func TestJSONL(t *testing.T) {
	set, rep := mustParse(t, `{"image":"a","positive":["dog"],"negative":["cat","cow"]}

{"image":"b","negative":["dog"]}
{"image":"c"}`, Options{})
	wantNames(t, set, "dog", "cat", "cow")
	wantLines(t, set, "a +--", "b -??")
	if rep.Format != JSONL || rep.Count(Unannotated) != 1 {
		t.Errorf("report %v", rep)
	}
}

func TestTableErrorsNameLineAndValue(t *testing.T) {
	list := []string{"dog", "cat"}
	cases := []struct {
		text string
		o    Options
		want []string
	}{
		{"a,dog,2\n", Options{}, []string{"line 1", "want image,label,value"}},
		{"a,dog,1\nb,dog,maybe\n", Options{}, []string{"line 2", `"maybe"`, "want 1"}},
		{"a,dog,1\nb,dog\n", Options{}, []string{"line 2", "2 fields, want 3"}},
		{"a,dog,1\n,dog,1\n", Options{}, []string{"line 2", "empty image"}},
		{"a,,1\n", Options{}, []string{"line 1", "empty class"}},
		{"a,dog,1\n\"b,dog,1\n", Options{}, []string{"line 2", "quote"}},
		{"a,dog,1\nb,cat,1\na,dog,0\n", Options{}, []string{"lines 1 and 3", `"a"`, `"dog"`, "both 1 and 0"}},
		{"a,dog,1\na,dgo,0\n", Options{Classes: list}, []string{"line 2", `"dgo"`, `nearest: "dog"`}},
		{"thing, 0 52\nx,1\n", Options{}, []string{"line 1", "want image,label,value", "--data_format tags"}},
		{"name,aeroplane,bicycle\n000005,dog,1\n", Options{}, []string{"line 1", `"aeroplane"`}},
		{"image,dog,cat\na,1,0\nb,1\n", Options{}, []string{"line 3", "2 fields, want 3"}},
		{"image,dog,cat\na,1,0\na,1,1\n", Options{}, []string{"line 3", `"a"`, "earlier line"}},
		{"image,dog,cat\na,1,0\nb,1,maybe\n", Options{}, []string{"line 3", `"cat"`, `"maybe"`}},
		{"image,dog,dog\na,1,0\n", Options{}, []string{"line 1", "one class"}},
		{"a.jpg,dog\n,dog\n", Options{}, []string{"line 2", "empty image"}},
		{"image,label,value\n", Options{}, []string{"no image with a label"}},
		{"ImageID,LabelName\n", Options{}, []string{"line 1", "no Confidence"}},
		{"ImageID,LabelName,Confidence\na,/m/1,0.4\n", Options{}, []string{"line 2", "0.4", "machine"}},
		{"ImageID,LabelName,Confidence\na,/m/1,x\n", Options{}, []string{"line 2", `"x"`}},
		{"ImageID,LabelName,Confidence\na,/m/1\n", Options{}, []string{"line 2", "2 fields"}},
		{"ImageID,LabelName,Confidence\n,/m/1,1\n", Options{}, []string{"line 2", "empty ImageID"}},
		{"ImageID,Source,LabelName,Confidence\na,machine,/m/1,0.5\n", Options{}, []string{"no image with a label", "machine-generated"}},
		{`{"image":"a","positive":["x"]}` + "\n" + `{"image":"a"}`, Options{}, []string{"line 2", `"a"`, "earlier"}},
		{`{"image":"a","positive":["x"],"negative":["x"]}`, Options{}, []string{"line 1", `"x"`, "both"}},
		{`{"image":"a","positives":["x"]}`, Options{}, []string{"line 1", "positives"}},
		{`{"positive":["x"]}`, Options{}, []string{"line 1", `no "image"`}},
		{`{"image":"a","positive":["x"`, Options{}, []string{"line 1", "cut short"}},
		{`{"image":"a","positive":["x"]} {}`, Options{}, []string{"line 1", "more than one"}},
		{`{"image":"a","positive":["dig"]}`, Options{Classes: list}, []string{"line 1", `"dig"`, `"dog"`}},
		{"a,dog,1\n", Options{Format: COCO}, []string{"looks like csv, not coco"}},
		{"a,dog,1\n", Options{Classes: []string{"x", "x"}}, []string{"class list", `"x"`}},
	}
	for _, c := range cases {
		_, _, err := parse(c.text, c.o)
		if err == nil {
			t.Errorf("%q: no error", c.text)
			continue
		}
		wantError(t, err, c.want...)
	}
}

func TestClassDescriptionErrors(t *testing.T) {
	for text, want := range map[string]string{
		"/m/1,x\n/m/1,y\n":           "line 2",
		"/m/1,x,z\n":                 "want LabelName,DisplayName",
		"LabelName,DisplayName\n":    "no class in it",
		"/m/1,\n":                    "line 1",
		"version https://git-lfs...": "git lfs pull",
	} {
		_, _, err := parse(openImagesText, Options{ClassDescriptions: describe(t, text)})
		wantError(t, err, "class-descriptions.csv", want)
	}
}

func TestWriteCSVReadsBackEqual(t *testing.T) {
	for _, absent := range []State{Unknown, Negative} {
		set := randomSet(t, 30, 6, absent, 5)
		partial := FPC(set, 2, 1) // leaves images without labels
		for _, s := range []*Set{set, partial} {
			var b bytes.Buffer
			if err := s.WriteCSV(&b); err != nil {
				t.Fatal(err)
			}
			back, _ := mustParse(t, b.String(), Options{})
			if !back.Equal(s) {
				t.Errorf("absent %v: read back\n%v\nwant\n%v", absent, lines(back), lines(s))
			}
		}
	}
	odd, _ := mustParse(t, "\"a,\"\"b\"\" \",\" x\",1\nc,y,0\n", Options{})
	var b bytes.Buffer
	if err := odd.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	back, _ := mustParse(t, b.String(), Options{})
	wantLines(t, back, lines(odd)...)
}

func TestClassDescriptionsThatAFormatDoesNotUseAreReported(t *testing.T) {
	o := Options{ClassDescriptions: describe(t, "/m/01,Tree\n/m/02,Ball\n/m/03,Wave\n")}
	for text, unused := range map[string]int64{
		`{"images":[{"id":1,"file_name":"a.jpg"}],"categories":[{"id":1,"name":"Tree"}],"annotations":[{"image_id":1,"category_id":1}]}`: 1,
		"image,label,value\na,Tree,1\n": 1,
		openImagesText:                  0,
	} {
		_, rep := mustParse(t, text, o)
		if got := rep.Count(IdleDescriptions); got != unused {
			t.Errorf("%.30s: counted %d times, want %d", text, got, unused)
		}
		_, rep = mustParse(t, text, Options{})
		if got := rep.Count(IdleDescriptions); got != 0 {
			t.Errorf("%.30s: reported without descriptions", text)
		}
	}
	set, rep, err := FromFolders([]string{"Tree/a.jpg"}, o)
	if err != nil || set.Len() != 1 || rep.Count(IdleDescriptions) != 1 {
		t.Errorf("folders: %v, %v", rep, err)
	}
}
