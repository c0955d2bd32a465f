package audit

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/audit/list"
	"csl/internal/labels"
)

// questions are a set and a list about it.
func questions(t *testing.T) (*labels.Set, []list.Candidate) {
	t.Helper()
	set := open(t, "image,label,value\na.jpg,dog,1\na.jpg,<cat>,-1\na.jpg,cow,0\nb/b.jpg,dog,0\nb/b.jpg,cow,1\nc.jpg,dog,1\n", "labels.csv")
	return set, []list.Candidate{
		{Image: "b/b.jpg", Class: "dog", Label: labels.Negative, Score: 0.75, Reason: list.LikelyWrong},
		{Image: "a.jpg", Class: "<cat>", Label: labels.Unknown, Score: 0.5, Reason: list.LikelyPresent},
		{Image: "b/b.jpg", Class: "<cat>", Label: labels.Unknown, Score: 0.25, Reason: list.Uncertain},
	}
}

// sameCells compares the labels of a set with image, class and state of each known cell.
func sameCells(t *testing.T, set *labels.Set, want map[string]labels.State) {
	t.Helper()
	got := map[string]labels.State{}
	for i := range set.Len() {
		set.Annotated(i, func(class int, s labels.State) { got[set.ImageName(i)+" "+set.Classes[class].Name] = s })
	}
	if len(got) != len(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for cell, s := range want {
		if g, ok := got[cell]; !ok || g != s {
			t.Errorf("%s: %v, want %v", cell, g, s)
		}
	}
}

func believedCells() map[string]labels.State {
	return map[string]labels.State{
		"a.jpg dog": labels.Positive, "a.jpg cow": labels.Negative, "a.jpg <cat>": labels.Positive,
		"b/b.jpg cow": labels.Positive, "b/b.jpg dog": labels.Positive,
	}
}

func TestCVATTasksReadBackAsWhatIsKnownAndBelieved(t *testing.T) {
	set, asked := questions(t)
	var out bytes.Buffer
	if err := WriteCVAT(&out, set, asked); err != nil {
		t.Fatal(err)
	}
	sameCells(t, open(t, out.String(), "annotations.xml"), believedCells())
	if n := strings.Count(out.String(), `source="auto"`); n != 2 || strings.Index(out.String(), "b/b.jpg") > strings.Index(out.String(), "a.jpg") {
		t.Errorf("%d automatic tags\n%s", n, out.String())
	}
}

func TestLabelStudioTasksHoldNoAnswersUntilTheyAreGiven(t *testing.T) {
	set, asked := questions(t)
	var out bytes.Buffer
	if err := WriteLabelStudio(&out, set, asked, "/data/local-files/?d="); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tasks.json")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := labels.Open(t.Context(), labels.Options{Path: path}); err == nil || !strings.Contains(err.Error(), "2 images without any annotation") {
		t.Errorf("before any answer: err = %v", err)
	}
	var tasks []map[string]any
	if err := json.Unmarshal(out.Bytes(), &tasks); err != nil {
		t.Fatal(err)
	}
	wantLabelStudioShape(t, tasks)
	// A person accepts the predictions: they become annotations.
	if ask := tasks[0]["data"].(map[string]any)["ask"]; ask != "dog, <cat>" {
		t.Errorf("asks %v", ask)
	}
	for _, task := range tasks {
		task["annotations"] = task["predictions"]
		delete(task, "predictions")
	}
	answered, err := json.Marshal(tasks)
	if err != nil {
		t.Fatal(err)
	}
	sameCells(t, open(t, string(answered), "answered.json"), believedCells())
}

// wantLabelStudioShape checks what validate_prediction of Label Studio's SDK asks of each result, for an interface with the
// choices present and absent on the image img, and that no id stands twice.
func wantLabelStudioShape(t *testing.T, tasks []map[string]any) {
	t.Helper()
	seen := map[any]bool{}
	for _, task := range tasks {
		for _, p := range task["predictions"].([]any) {
			for _, r := range p.(map[string]any)["result"].([]any) {
				r := r.(map[string]any)
				choices, ok := r["value"].(map[string]any)["choices"].([]any)
				if from := r["from_name"]; from != "present" && from != "absent" || r["to_name"] != "img" || r["type"] != "choices" || !ok || len(choices) == 0 {
					t.Errorf("result %v", r)
				}
				if seen[r["id"]] {
					t.Errorf("id %v stands twice", r["id"])
				}
				seen[r["id"]] = true
			}
		}
	}
}

func TestAnEmptyListIsAnEmptyFileOfTasks(t *testing.T) {
	set, _ := questions(t)
	var out bytes.Buffer
	if err := WriteLabelStudio(&out, set, nil, ""); err != nil || out.String() != "[]\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
