package config

import (
	"slices"
	"strings"
	"testing"
)

// labelFiles are the label files for training that sources give.
func labelFiles(t *testing.T, s Sources) []string {
	t.Helper()
	c, _, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := c.Write(&out, "", false); err != nil {
		t.Fatal(err)
	}
	again, err := Parse("written", []byte(out.String()))
	if err != nil || !slices.Equal(again.Data.Train.LabelFiles(), c.Data.Train.LabelFiles()) {
		t.Errorf("written and read again: %q, %v", again.Data.Train.LabelFiles(), err)
	}
	return c.Data.Train.LabelFiles()
}

func TestLabelFilesComeAsOnePathOrAList(t *testing.T) {
	const key = "data.train.annotations"
	for name, c := range map[string]struct {
		sources Sources
		want    []string
	}{
		"nothing":                  {Sources{}, nil},
		"one in a file":            {Sources{File: write(t, "data:\n  train:\n    annotations: a, b.csv\n")}, []string{"a, b.csv"}},
		"a list in a file":         {Sources{File: write(t, "data:\n  train:\n    annotations: [a.csv, 'b, c.csv']\n")}, []string{"a.csv", "b, c.csv"}},
		"an empty list":            {Sources{File: write(t, "data:\n  train:\n    annotations: []\n")}, nil},
		"one by --set":             {Sources{Set: []string{key + "=a,b.csv"}}, []string{"a,b.csv"}},
		"a list by --set":          {Sources{Set: []string{key + "=[a.csv, b.csv]"}}, []string{"a.csv", "b.csv"}},
		"a flag":                   {Sources{Flags: flags(t, []string{"--annotations", "a,b.csv"}, key)}, []string{"a,b.csv"}},
		"a repeated flag":          {Sources{Flags: flags(t, []string{"--annotations=a.csv", "--annotations=b, c.csv"}, key)}, []string{"a.csv", "b, c.csv"}},
		"a flag over a file":       {Sources{File: write(t, "data:\n  train:\n    annotations: [x, y]\n"), Flags: flags(t, []string{"--annotations=a.csv"}, key)}, []string{"a.csv"}},
		"a name in brackets":       {Sources{File: write(t, "data:\n  train:\n    annotations: ['[a]']\n")}, []string{"[a]"}},
		"a quoted list of one":     {Sources{Set: []string{key + "=['a.csv']"}}, []string{"a.csv"}},
		"three times on a command": {Sources{Flags: flags(t, []string{"--annotations=a", "--annotations=b", "--annotations=c"}, key)}, []string{"a", "b", "c"}},
	} {
		if got := labelFiles(t, c.sources); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAListOfLabelFilesHoldsPathsOnly(t *testing.T) {
	for _, text := range []string{"[a.csv, '']", "[a.csv, 7]", "[a.csv, [b.csv]]", "{a: b}", "7"} {
		_, _, err := Load(Sources{File: write(t, "data:\n  train:\n    annotations: "+text+"\n")})
		if err == nil || !strings.Contains(err.Error(), "a path or a list of paths") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, _, err := Load(Sources{Set: []string{"data.train.annotations=[a.csv, 'b]"}}); err == nil {
		t.Error("half a list was taken")
	}
}
