package labels

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFilesThatAreNoAnnotationsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":    "empty",
		" \n": "empty",
		"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 8\n": "git lfs pull",
		"<!DOCTYPE html><html></html>":                                        "HTML",
		"[1,2]":                                                               "JSON list",
		"PK\x03\x04abc":                                                       "zip",
		"\x89PNG\x00\x00":                                                     "binary",
		"{}":                                                                  "none of the keys",
		`{"a":1}`:                                                             "none of the keys",
	} {
		_, _, err := parse(text, Options{})
		wantError(t, err, want)
	}
}

func TestOpenReadsGzipAndNamesThePath(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(cocoText)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ctx := context.Background()
	set, rep, err := Open(ctx, Options{Path: write("labels.txt", b.Bytes())}) // the name says nothing
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "a.jpg +--", "b.jpg +-+")
	if rep.Path != filepath.Join(dir, "labels.txt") {
		t.Errorf("path %q", rep.Path)
	}
	_, _, err = Open(ctx, Options{Path: write("half.json.gz", b.Bytes()[:b.Len()/2])})
	wantError(t, err, "half.json.gz", "cut short")
	_, _, err = Open(ctx, Options{Path: write("bad.gz", []byte("\x1f\x8b not gzip"))})
	wantError(t, err, "bad.gz")
	_, _, err = Open(ctx, Options{Path: dir})
	wantError(t, err, "is a folder")
	_, _, err = Open(ctx, Options{Path: filepath.Join(dir, "missing.json")})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err = Open(ended, Options{Path: filepath.Join(dir, "labels.txt")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

func TestParseFormat(t *testing.T) {
	if f, err := ParseFormat("auto"); f != Auto || err != nil {
		t.Errorf("%v %v", f, err)
	}
	if f, err := ParseFormat("lvis"); f != LVIS || err != nil {
		t.Errorf("%v %v", f, err)
	}
	_, err := ParseFormat("xml")
	wantError(t, err, `"xml"`, "openimages", "folders")
}

func TestFindCOCO(t *testing.T) {
	root := t.TempDir()
	_, _, err := FindCOCO(root, "val")
	wantError(t, err, "instances_val2014.json", "instances_val2017.json")
	mkdir := func(name string) {
		if err := os.MkdirAll(filepath.Join(root, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	mkdir("annotations")
	json := filepath.Join(root, "annotations", "instances_val2017.json")
	if err := os.WriteFile(json, []byte(cocoText), 0o666); err != nil {
		t.Fatal(err)
	}
	_, _, err = FindCOCO(root, "val")
	wantError(t, err, "no folder of images", "val2017")
	mkdir("images/val2017")
	a, p, err := FindCOCO(root, "val")
	if err != nil || a != json || p != filepath.Join(root, "images", "val2017") {
		t.Errorf("%q %q %v", a, p, err)
	}
	mkdir("val2017")
	if _, p, _ = FindCOCO(root, "val"); p != filepath.Join(root, "val2017") {
		t.Errorf("images %q", p)
	}
	_, _, err = FindCOCO(json, "val")
	wantError(t, err, "not a folder")
}

// FuzzRead: no input makes a reader panic, and what it returns is sound and
// survives being written and read again.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		cocoText, lvisText, openImagesText, "a,b,1\nc,d,-1\n", `{"image":"a","positive":["x"],"negative":["y"]}`, "image,label,value\na,\"b\nc\",0\n", "[", "{\"images\":[null]}", `{"image":"0"}`,
		"image,dog,cat\na,1,\n", "a.jpg,dog\nb.jpg,cat;dog\n", "image,labels\na,\"x,y\"\n",
		"<annotation><filename>a</filename><object><name>x</name><difficult>1</difficult></object></annotation>",
		`<annotations><image name="a"><tag label="x"/><tag label="y"><attribute name="s">absent</attribute></tag></image></annotations>`,
		`[{"data":{"image":"a"},"annotations":[{"result":[{"from_name":"absent","value":{"choices":["x"]}}]}]}]`,
		`{"classes":["x"],"labels":{"a":[0],"b":null}}`,
	} {
		f.Add(s, byte(0))
		f.Add(s, byte(3))
		f.Add(s, byte(64))
	}
	formats := append([]Format{Auto, COCO, LVIS, OpenImages}, Formats()...)
	f.Fuzz(func(t *testing.T, text string, how byte) {
		o := Options{Format: formats[int(how)%len(formats)], KeepUnannotated: how&64 != 0}
		if how&128 != 0 {
			o.Classes, o.SkipOtherClasses = []string{"x", "car"}, true
		}
		set, rep, err := parse(text, o)
		if err != nil {
			return
		}
		if set.Len() == 0 || set.Len() != rep.Images || set.NumClasses() != rep.Classes || rep.String() == "" {
			t.Fatalf("%d images, report %+v", set.Len(), rep)
		}
		if set.Len()*set.NumClasses() > 1<<20 {
			return
		}
		st := set.Stats()
		if st.Annotated()+st.Total.Unknown != int64(set.Len())*int64(set.NumClasses()) {
			t.Fatalf("stats %+v", st)
		}
		var b bytes.Buffer
		if set.WriteCSV(&b) != nil {
			return // a line break in a name
		}
		back, _, err := parse(b.String(), Options{})
		if err != nil || !back.Equal(set) {
			t.Fatalf("wrote %q: read back %v", b.String(), err)
		}
	})
}

// FuzzDescriptions: class names are unique whatever the file says.
func FuzzDescriptions(f *testing.F) {
	f.Add("LabelName,DisplayName\n/m/1,a\n/m/2,a\n")
	f.Add("a,b (c)\nc,b\nd,b\n")
	f.Fuzz(func(t *testing.T, text string) {
		classes, err := readDescriptions(bytes.NewBufferString(text), &Report{})
		if err == nil && checkClasses(classes) != nil {
			t.Fatal("names are not unique")
		}
	})
}
