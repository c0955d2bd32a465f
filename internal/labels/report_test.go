package labels

import (
	"strings"
	"testing"
)

func TestReportsCountInTheSingularToo(t *testing.T) {
	r := Report{Path: "a.csv", Format: CSV, Images: 1, Classes: 2}
	kinds := []Diagnostic{
		CrowdAnnotations, Unannotated, UnannotatedKept, DuplicateRows, DuplicateImages, Contradictions, MachineLabels,
		OtherClasses, AbsentClasses, SharedNames, NotExhaustive, ExplicitUnknown, Revised, LaterLabels, Overruled, Doubted, NewClasses,
	}
	for _, k := range kinds {
		r.add(k, nil)
	}
	text := r.String()
	if lines := strings.Split(text, "\n"); len(lines) != 1+len(kinds) || lines[0] != "a.csv (csv): 1 image, 2 classes" || lines[4] != "  1 row that repeats an earlier one" {
		t.Errorf("report\n%s", text)
	}
	for _, wrong := range []string{"1 of: ", "1 images", "1 rows", "1 classes", "1 cells", "1 image entries", "annotations (", "marks"} {
		if strings.Contains(text, wrong) {
			t.Errorf("%q in\n%s", wrong, text)
		}
	}
	r.add(DuplicateRows, nil)
	if text := r.String(); !strings.Contains(text, "\n  2 rows that repeat an earlier one\n") {
		t.Errorf("report\n%s", text)
	}
}
