package labels

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// formatCase is a text of another tool and what it says.
type formatCase struct {
	text    string
	o       Options
	format  Format
	classes string
	lines   []string
}

func check(t *testing.T, c formatCase) {
	t.Helper()
	set, rep, err := parse(c.text, c.o)
	if err != nil {
		t.Errorf("%.40q: %v", c.text, err)
		return
	}
	if got := strings.Join(set.ClassNames(), " "); got != c.classes || rep.Format != c.format {
		t.Errorf("%.40q: %s with classes %q, want %s with %q", c.text, rep.Format, got, c.format, c.classes)
	}
	wantLines(t, set, c.lines...)
}

func TestWideTables(t *testing.T) {
	want := []string{"a +-?", "b ?+-"}
	for _, text := range []string{
		"image,dog,cat,cow\na,1,0,\nb,,1,0\n",
		"filename;dog;cat;cow\na;1;0;-1\nb;-1;1;0\n",
		"image\tdog\tcat\tcow\na\t1.0\t0.0\tNaN\nb\t\tTrue\tFalse\n",
		",image,dog,cat,cow\n0,a,1,0,\n1,b,,1,0\n", // pandas with its index
	} {
		check(t, formatCase{text, Options{}, Wide, "dog cat cow", want})
	}
	// Pascal VOC's classification tables: 1, -1 absent, 0 difficult.
	check(t, formatCase{"name,dog,cat,cow\na,1,-1,0\nb,0,1,-1\n", Options{Values: VOC}, Wide, "dog cat cow", want})
	check(t, formatCase{"image,dog\na,1\nb,0\n", Options{}, Wide, "dog", []string{"a +", "b -"}})
	check(t, formatCase{"image,dog,cat\na,1,0\n", Options{Classes: []string{"cat", "elk"}, SkipOtherClasses: true}, Wide, "cat elk", []string{"a -?"}})
}

func TestTablesOfTags(t *testing.T) {
	want := []string{"a.jpg ?+", "b.jpg ++", "c.jpg ??"}
	for _, text := range []string{
		"image,labels\na.jpg,dog\nb.jpg,dog|cat\nc.jpg,\n",
		"image_path,label\na.jpg,dog\nb.jpg,\"cat,dog\"\nc.jpg,\n", // LightlyTrain
		"label,image\n\"['dog']\",a.jpg\n\"['cat', 'dog']\",b.jpg\n[],c.jpg\n",
		"a.jpg,dog\nb.jpg,dog,cat\nc.jpg\n", // no header, one label per column
		"a.jpg,dog\nb.jpg,cat; dog\nc.jpg,\n",
	} {
		check(t, formatCase{text, Options{}, Tags, "cat dog", want})
	}
	check(t, formatCase{"a.jpg, 10 2\nb.jpg,2\n", Options{}, Tags, "2 10", []string{"a.jpg ++", "b.jpg +?"}})
	check(t, formatCase{"test/0a,car\ntest/0b,car,big dog\n", Options{Format: Tags}, Tags, "big dog car", []string{"test/0a ?+", "test/0b ++"}})
}

const vocText = `<?xml version="1.0" encoding="ISO-8859-1"?>
<annotation><folder>x</folder><filename>%s</filename><size><width>3</width></size>%s</annotation>`

func object(name, difficult string) string {
	return "<object><name>" + name + "</name><difficult>" + difficult + "</difficult><part><name>head</name></part></object>"
}

func TestXMLIsBounded(t *testing.T) {
	_, _, err := parse("<annotations><image name=\"a\">"+strings.Repeat("\n", maxMarkup+1<<20)+"</image></annotations>", Options{})
	wantError(t, err, "longer than 4194304 bytes")
}

func TestVOCFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.xml":     strings.Replace(strings.Replace(vocText, "%s", "a.jpg", 1), "%s", object("dog", "0")+object("cat", "1"), 1),
		"b.xml":     strings.Replace(strings.Replace(vocText, "%s", "", 1), "%s", object("cat", "1")+object("cat", "0")+object("cat", "1"), 1),
		"c.xml":     strings.Replace(strings.Replace(vocText, "%s", "sub/c.png", 1), "%s", "", 1),
		"._a.xml":   "left by macOS",
		"notes.txt": "no annotation",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	set, rep, err := Open(context.Background(), Options{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, set, "cat", "dog")
	wantLines(t, set, "a.jpg ?+", "b +-", "sub/c.png --")
	if rep.Format != VOCXML || rep.Count(DifficultObjects) != 1 || rep.Count(WithoutObjects) != 1 {
		t.Errorf("report %v", rep)
	}
	set, _, err = Open(context.Background(), Options{Path: dir, MissingUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "a.jpg ?+", "b +?", "sub/c.png ??")
	set, rep, err = Open(context.Background(), Options{Path: filepath.Join(dir, "a.xml"), Classes: []string{"dog", "elk"}, SkipOtherClasses: true})
	if err != nil || rep.Count(OtherClasses) != 1 {
		t.Fatal(err, rep)
	}
	wantLines(t, set, "a.jpg +?")
	if err := os.WriteFile(filepath.Join(dir, "d.xml"), []byte("<annotation>\n<object>"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, _, err = Open(context.Background(), Options{Path: dir})
	wantError(t, err, "d.xml", "line 2", "EOF")
}

func TestCVAT(t *testing.T) {
	const text = `<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels>
 <label><name>dog</name><type>tag</type><attributes><attribute><name>state</name><values>present
absent</values></attribute></attributes></label><label><name>cat</name></label><label><name>cow</name></label></labels></task></meta>
<image id="0" name="a.jpg" width="1" height="1"><tag label="dog" source="manual"></tag><tag label="cat" source="manual"><attribute name="state">absent</attribute></tag></image>
<image id="1" name="b/b.jpg"><box label="cat" xtl="1"/><polygon label="cat" points="1,2"/></image>
<image id="2" name="c.jpg"></image></annotations>`
	check(t, formatCase{text, Options{}, CVAT, "dog cat cow", []string{"a.jpg +--", "b/b.jpg -+-", "c.jpg ---"}})
	check(t, formatCase{text, Options{MissingUnknown: true}, CVAT, "dog cat cow", []string{"a.jpg +-?", "b/b.jpg ?+?", "c.jpg ???"}})
	for broken, want := range map[string]string{
		`<annotations><track id="0" label="dog"></track></annotations>`:  "for images 1.1",
		"<annotations>\n<image><tag label=\"x\"/></image></annotations>": "line 2: an image without a name",
		`<annotations><image name="a"><tag/></image></annotations>`:      "without a label",
		`<annotations><image name="a"/><image name="a"/></annotations>`:  "comes twice",
		"<annotations>\n<image name=\"a\"><tag label=\"x\"></image>":     "line 2",
		`<kml><x/></kml>`: "<kml>",
	} {
		_, _, err := parse(broken, Options{})
		wantError(t, err, want)
	}
}

func TestLabelStudio(t *testing.T) {
	const full = `[{"id":1,"data":{"image":"/data/local-files/?d=sub/a.jpg"},"predictions":[{"result":[{"from_name":"present","value":{"choices":["cow"]}}]}],
 "annotations":[{"was_cancelled":false,"result":[{"from_name":"present","to_name":"img","type":"choices","value":{"choices":["dog"]}},{"value":{"choices":["cat"]},"from_name":"absent"},{"value":{"x":1,"rectanglelabels":["y"]}}]},
  {"was_cancelled":true,"result":[{"from_name":"present","value":{"choices":["cow"]}}]}]},
 {"data":{"image":"https://host/x/b%20b.jpg?sig=1"},"annotations":[{"result":[{"from_name":"present","value":{"choices":"cat"}}]}]},
 {"data":{"image":"c.jpg"},"annotations":[]}]`
	check(t, formatCase{full, Options{}, LabelStudio, "dog cat", []string{"sub/a.jpg +-", "b b.jpg ?+"}})
	const minimal = `[{"image":"a.jpg","id":1,"annotator":1,"present":{"choices":["dog","cat"]},"absent":"cow","lead_time":2},{"image":"b.jpg","present":"cow"}]`
	check(t, formatCase{minimal, Options{}, LabelStudio, "dog cat cow", []string{"a.jpg ++-", "b.jpg ??+"}})
	for broken, want := range map[string]string{
		`[{"data":{"text":"x"},"annotations":[]}]`: "task 1: no image",
		`[{"data":{"image":"a"}}] {}`:              "more after the end",
		`[1,2]`:                                    "Label Studio",
		`[{"data":`:                                "EOF",
	} {
		_, _, err := parse(broken, Options{})
		wantError(t, err, want)
	}
}

func TestFiftyOne(t *testing.T) {
	check(t, formatCase{
		`{"classes":["dog","cat","cow"],"labels":{"a":[0,2],"b":[{"label":1,"confidence":0.8,"attributes":{}}],"c":null,"d":"cow","sub/e":2}}`,
		Options{},
		FiftyOne, "dog cat cow",
		[]string{"a +?+", "b ?+?", "d ??+", "sub/e ??+"},
	})
	check(t, formatCase{`{"labels":{"a":0},"classes":["dog"]}`, Options{}, FiftyOne, "dog", []string{"a +"}})
	for broken, want := range map[string]string{
		`{"classes":["dog"],"labels":{"a":1}}`:       `image "a": label 1`,
		`{"classes":["dog"],"labels":{"a":true}}`:    `image "a": label true`,
		`{"classes":["dog"],"labels":{"a":0,"a":0}}`: "comes twice",
	} {
		_, _, err := parse(broken, Options{})
		wantError(t, err, want)
	}
}

func TestFoldersOfClasses(t *testing.T) {
	set, rep, err := FromFolders([]string{"cat/1.jpg", "cat/deep/2.jpg", "dog/1.jpg", "loose.jpg"}, Options{Path: "p"})
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, set, "cat", "dog")
	wantLines(t, set, "cat/1.jpg +?", "cat/deep/2.jpg +?", "dog/1.jpg ?+")
	if rep.Count(WithoutFolder) != 1 || rep.Format != Folders || rep.Images != 3 {
		t.Errorf("report %v", rep)
	}
	set, _, err = FromFolders([]string{"cat/1.jpg", "dog/1.jpg"}, Options{Classes: []string{"dog"}, SkipOtherClasses: true})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "dog/1.jpg +")
	_, _, err = FromFolders([]string{"a.jpg"}, Options{Path: "p"})
	wantError(t, err, `"p"`, "no image in a folder")
}
