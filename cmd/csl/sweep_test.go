package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestThePageOnSweepsShowsTheFilesThatItsCommandsRunOn(t *testing.T) {
	page := read(t, os.DirFS(filepath.Join("..", "..")), "docs/sweep.md")["docs/sweep.md"]
	for name, text := range read(t, os.DirFS(filepath.Join("testdata", "sweep")), "*.yaml") {
		if !strings.Contains(page, "```yaml\n"+text+"```") {
			t.Errorf("docs/sweep.md does not show %s as it is", name)
		}
	}
}
