package labels

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const cocoTail = `"annotations":[{"id":1,"image_id":1,"category_id":1,"iscrowd":0}],"categories":[{"id":1,"name":"dog"},{"id":2,"name":"cat"}]}`

func TestCOCOOfOtherToolsIsRead(t *testing.T) {
	for name, text := range map[string]string{
		"crowd as 0.0":         `{"images":[{"id":1,"file_name":"a"}],` + strings.Replace(cocoTail, `"iscrowd":0`, `"iscrowd":0.0`, 1),
		"crowd as false":       `{"images":[{"id":1,"file_name":"a"}],` + strings.Replace(cocoTail, `"iscrowd":0`, `"iscrowd":false`, 1),
		"crowd as text":        `{"images":[{"id":1,"file_name":"a"}],` + strings.Replace(cocoTail, `"iscrowd":0`, `"iscrowd":"0"`, 1),
		"crowd null":           `{"images":[{"id":1,"file_name":"a"}],` + strings.Replace(cocoTail, `"iscrowd":0`, `"iscrowd":null`, 1),
		"ids as text":          `{"images":[{"id":"1","file_name":"a"}],` + strings.Replace(cocoTail, `"image_id":1`, `"image_id":1.0`, 1),
		"NaN in a box":         `{"images":[{"id":1,"file_name":"a"}],` + strings.Replace(cocoTail, `"iscrowd":0`, `"bbox":[NaN,-Infinity,Infinity,1e999],"area":NaN`, 1),
		"keys of another case": `{"images":[{"id":1,"file_name":"a","FILE_NAME":"z","Id":9}],` + strings.Replace(cocoTail, `"name":"dog"`, `"name":"dog","NAME":"wolf"`, 1),
		"an empty root": `{"images":[{"id":1,"file_name":"a"}],` +
			strings.Replace(cocoTail, `"categories":[`, `"categories":[{"id":0,"name":"dog","supercategory":"none"},`, 1),
		"an escaped name": `{"images":[{"id":1,"file_name":"\u0061"}],` + strings.Replace(cocoTail, "dog", `d\u006fg`, 1),
	} {
		set, rep, err := parse(text, Options{KeepUnannotated: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(lines(set), " "); got != "a +-" || set.Classes[0].Name != "dog" {
			t.Errorf("%s: %s, classes %v; %s", name, got, set.Classes, rep)
		}
	}
	set, _ := mustParse(t, `{"images":[{"id":1,"file_name":"a"}],`+strings.Replace(cocoTail, `"dog"`, "12", 1), Options{})
	wantNames(t, set, "12", "cat")
}

func TestMissingAnnotationsOfCOCOCanBeUnknown(t *testing.T) {
	set, _ := mustParse(t, `{"images":[{"id":1,"file_name":"a"}],`+cocoTail, Options{MissingUnknown: true})
	wantLines(t, set, "a +?")
}

func TestTwoSpellingsOfAnImageAreOne(t *testing.T) {
	_, _, err := parse("a.jpg,dog,1\n./a.jpg,dog,0\n", Options{})
	wantError(t, err, "lines 1 and 2", "a.jpg")
	set, _ := mustParse(t, "a.jpg,dog,1\nx/../a.jpg,cat,0\nb\\c.jpg,dog,0\nb//c.jpg,cat,1\n", Options{})
	wantLines(t, set, "a.jpg +-", "b/c.jpg -+")
	set, _ = mustParse(t, "\u00e9.jpg,dog,1\ne\u0301.jpg,cat,0\n", Options{})
	wantLines(t, set, "\u00e9.jpg +-")
}

func TestTwoFormsOfAClassNameAreOne(t *testing.T) {
	set, _ := mustParse(t, "a,caf\u00e9,1\nb,cafe\u0301,0\nc,caf\u00e9 ,1\n", Options{})
	wantLines(t, set, "a +", "b -", "c +")
	set, _ = mustParse(t, "a,caf\u00e9,1\n", Options{Classes: []string{"cafe\u0301"}})
	wantNames(t, set, "cafe\u0301")
	_, rep := mustParse(t, "a,Dog,1\nb,dog,0\nc,hot  dog,1\nd,hot dog,0\n", Options{})
	if n := rep.Count(SimilarNames); n != 2 || !strings.Contains(rep.String(), `"Dog" and "dog"`) {
		t.Errorf("%d: %s", n, rep)
	}
}

func TestValuesOfPandasAndSpreadsheetsAreRead(t *testing.T) {
	set, _ := mustParse(t, "image,label,value\na,dog,1.0\nb,dog,0.0\nc,dog,-1.0\nd,dog,True\ne,dog,FALSE\nf,dog,yes\ng,dog,no\nh,dog, 1 \n", Options{})
	wantLines(t, set, "a +", "b -", "c ?", "d +", "e -", "f +", "g -", "h +")
	_, _, err := parse("a,dog,0.5\n", Options{})
	wantError(t, err, "line 1", "0.5")
	for _, sep := range []string{";", "\t"} {
		set, _ = mustParse(t, strings.ReplaceAll("image,label,value\na,dog,1\n", ",", sep), Options{})
		wantLines(t, set, "a +")
	}
	set, _ = mustParse(t, "image,label,value\ra,dog,1\rb,dog,0\r", Options{})
	wantLines(t, set, "a +", "b -")
}

// As a spreadsheet of another country writes it: a mark, semicolons, Windows' line ends and paths, crosses, rows of nothing.
func TestTablesOfSpreadsheetsAreRead(t *testing.T) {
	const table = "\ufeffFile Name;Dog;Red Car\r\nC:\\Photos\\a.JPG;1;\r\nC:\\Photos\\b.JPG;;x\r\nC:\\Photos\\c.JPG;n;?\r\n;;\r\n \r\n;;\r\n"
	check(t, formatCase{table, Options{}, Wide, "Dog Red Car", []string{"C:/Photos/a.JPG +?", "C:/Photos/b.JPG ?+", "C:/Photos/c.JPG -?"}})
	check(t, formatCase{"Image;Class;Value\r\na;dog;y\r\n;;\r\nb;dog;absent\r\n;;\r\n", Options{}, CSV, "dog", []string{"a +", "b -"}})
	check(t, formatCase{"Photo,Tags\r\na.jpg,\"dog, cat\"\r\n,\r\n", Options{}, Tags, "cat dog", []string{"a.jpg ++"}})
}

func TestPascalVOCsValuesAreReadByName(t *testing.T) {
	const text = "a,dog,1\na,cat,-1\na,cow,-1\nb,dog,-1\nb,cat,0\nb,cow,-1\n"
	set, _ := mustParse(t, text, Options{Values: VOC})
	wantLines(t, set, "a +--", "b -?-")
	_, rep := mustParse(t, text, Options{})
	if rep.Count(MostlyUnknown) != 1 || !strings.Contains(rep.String(), "data.values: voc") {
		t.Errorf("report %s", rep)
	}
}

func TestOtherEncodingsAreRefusedOrConverted(t *testing.T) {
	for name, text := range map[string]string{
		"latin1 CSV": "image,label,value\na,b\xe9b\xe9,1\n",
		"GBK COCO":   `{"images":[{"id":1,"file_name":"` + "\xd6\xd0" + `a"}],` + cocoTail,
		"JSONL":      `{"image":"a","positive":["b` + "\xe9" + `"]}`,
	} {
		_, _, err := parse(text, Options{})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantError(t, err, "line", "byte", "not UTF-8", "--encoding")
	}
	set, _ := mustParse(t, "image,label,value\na,b\xe9b\xe9,1\n", Options{Encoding: "latin1"})
	wantNames(t, set, "b\u00e9b\u00e9")
	set, _ = mustParse(t, `{"images":[{"id":1,"file_name":"`+"\xd6\xd0"+`a"}],`+cocoTail, Options{Encoding: "gbk"})
	if set.ImageName(0) != "\u4e2da" {
		t.Errorf("%q", set.ImageName(0))
	}
	set, _ = mustParse(t, "\xff\xfea\x00,\x00d\x00,\x001\x00\n\x00", Options{}) // the mark is enough
	wantLines(t, set, "a +")
	set, _ = mustParse(t, "\xff\xfea\x00,\x00d\x00,\x001\x00\n\x00", Options{Encoding: "utf-16"})
	wantLines(t, set, "a +")
	_, _, err := parse("a,d,1\n", Options{Encoding: "klingon"})
	wantError(t, err, "klingon", "latin1")
}

func TestNamesWithLineBreaksAreRefusedAtOnce(t *testing.T) {
	_, _, err := parse(`{"images":[{"id":1,"file_name":"a"}],`+strings.Replace(cocoTail, "dog", `d\nog`, 1), Options{})
	wantError(t, err, `"d\nog"`, "line break")
	_, _, err = parse(`{"images":[{"id":1,"file_name":"a\rb"}],`+cocoTail, Options{})
	wantError(t, err, `"a\rb"`, "line break")
}

func TestAnnotationsOfOtherToolsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"<!DOCTYPE html><html>": "HTML",
		"<x/>":                  "XML",
		"version https://git-lfs.github.com/spec/v1\noid sha256": "git lfs pull",
	} {
		_, _, err := parse(text, Options{})
		wantError(t, err, want)
	}
}

// A gzip file of a few kilobytes may unpack to a line of gigabytes.
func TestLinesAndTextsAreBounded(t *testing.T) {
	bomb := func(head string, fill byte, n int) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(head)) // a buffer takes all
		chunk := bytes.Repeat([]byte{fill}, 1<<20)
		for range n {
			_, _ = z.Write(chunk)
		}
		_ = z.Close()
		path := filepath.Join(t.TempDir(), "bomb.gz")
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for head, want := range map[string]string{
		"image,label,value\n":              "line 2 is longer than",
		"ImageID,LabelName,Confidence\n\"": "line 2 is longer than",
		`{"image":"`:                       "longer than",
		`{"images":[{"id":1,"file_name":"`: "a text of more than",
	} {
		_, _, err := Open(context.Background(), Options{Path: bomb(head, 'a', 20)})
		if err == nil {
			t.Errorf("%q: no error", head)
			continue
		}
		wantError(t, err, want)
	}
	_, _, err := Open(context.Background(), Options{Path: bomb(`{"info":`, '[', 1)})
	wantError(t, err, "nested")
}
