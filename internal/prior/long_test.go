//go:build long

package prior

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReferencePriorLoadsWithAWarning reads the file that the paper's authors
// published, by the class names of its rows.
func TestReferencePriorLoadsWithAWarning(t *testing.T) {
	root := os.Getenv("CSL_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(root, "data", "annotations", "coco_prior_fpc_1000.csv")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var classes []string
	for scan := bufio.NewScanner(f); scan.Scan(); {
		name, _, ok := strings.Cut(scan.Text(), ",")
		if ok && name != "Classes" {
			classes = append(classes, name)
		}
	}
	p, warnings, err := Load(context.Background(), path, classes, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Avg) != 80 || len(warnings) != 1 || !strings.Contains(warnings[0], `line 82: "1542867"`) {
		t.Errorf("%d classes, warnings %q", len(p.Avg), warnings)
	}
	// Counted on the file when it was published: 0.5 gates person only, the code's default 64 classes.
	if a, b := len(p.Above(0.5)), len(p.Above(0.05)); a != 1 || b != 64 {
		t.Errorf("0.5 gates %d, 0.05 gates %d", a, b)
	}
}
