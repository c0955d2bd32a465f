package labels

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// FindCOCO finds the annotations and the images of a split ("train" or
// "val") in a folder laid out as COCO: annotations/instances_<split><year>.json
// (or .json.gz) and <split><year>/ (or images/<split><year>/), year 2014 as in
// the published results or else 2017.
func FindCOCO(root, split string) (annotations, images string, err error) {
	info, err := os.Stat(root)
	if err != nil {
		return "", "", fmt.Errorf("look for COCO data: %w", err)
	}
	if !info.IsDir() {
		return "", "", fmt.Errorf("look for COCO data: %q is not a folder: name the annotation file", root)
	}
	var tried []string
	for _, year := range []string{"2014", "2017"} {
		for _, ext := range []string{".json", ".json.gz"} {
			name := filepath.Join(root, "annotations", "instances_"+split+year+ext)
			tried = append(tried, name)
			if _, err := os.Stat(name); err != nil {
				continue
			}
			images, err := firstFolder(filepath.Join(root, split+year), filepath.Join(root, "images", split+year))
			return name, images, err
		}
	}
	return "", "", fmt.Errorf("no COCO annotations for %q in %q (looked for %s): name the annotation file, or say --data_format folders if there is one folder per class", split, root, strings.Join(tried, ", "))
}

// firstFolder is the first path that is a folder.
func firstFolder(paths ...string) (string, error) {
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			return p, nil
		}
	}
	return "", fmt.Errorf("no folder of images: looked for %s", strings.Join(paths, ", "))
}
