package dataset

import (
	"os"
	"path/filepath"
	"strings"

	"csl/internal/images/source"
)

// areClassFolders tells whether a folder has images in one folder per class: at least two folders, all of them with an
// image in them and none called as parts of a data set are, and no file but hidden ones.
func areClassFolders(root string) bool {
	entries, err := os.ReadDir(root)
	if err != nil {
		return false
	}
	n := 0
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, "."):
		case !e.IsDir() || isPart(name) || !hasImage(filepath.Join(root, name)):
			return false
		default:
			n++
		}
	}
	return n > 1
}

// isPart tells whether a folder is called as a part of a data set, not as a class.
func isPart(name string) bool {
	name = strings.ToLower(name)
	for _, start := range []string{"train", "val", "test", "image", "annotation", "label", "jpegimages"} {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	return false
}

// hasImage tells whether a folder holds a file that is called like an image.
func hasImage(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close() // only read
	const looked = 1000
	names, _ := f.Readdirnames(looked) // a folder without files has none
	for _, name := range names {
		if source.IsImageName(name) {
			return true
		}
	}
	return false
}
