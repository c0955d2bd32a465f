package labels

import (
	"fmt"
	"strings"
)

// FromFolders makes the set of images that lie in one folder per class: the image at dog/a.jpg shows a
// dog, and nothing is known of other classes. names are paths with slashes, of images only; those that
// lie in no folder are counted and skipped.
func FromFolders(names []string, o Options) (*Set, *Report, error) {
	list, err := newClassList(o.Classes, o.ClassIDs)
	if err != nil {
		return nil, nil, err
	}
	list.skipOthers = o.SkipOtherClasses
	rep := &Report{Path: o.Path, Format: Folders, examples: o.Examples}
	g := gatherer{list: list, rep: rep}
	for _, name := range names {
		class, _, below := strings.Cut(name, "/")
		if !below {
			rep.add(WithoutFolder, func() string { return name })
			continue
		}
		row, _ := g.builder.Image(name)
		if err := g.add(row, class, Positive, name); err != nil {
			return nil, nil, fmt.Errorf("read folders %q: image %q: %w", o.Path, name, err)
		}
	}
	g.sortClasses()
	set, err := g.set(Unknown)
	if err != nil {
		return nil, nil, fmt.Errorf("read folders %q: %w", o.Path, err)
	}
	set = set.Filter(func(i int) bool { return len(set.row(i)) > 0 }) // those of other classes
	if set.Len() == 0 {
		return nil, nil, fmt.Errorf("read folders %q: no image in a folder of its class", o.Path)
	}
	reportSimilar(set.Classes, rep)
	rep.noteDescriptions(o)
	rep.Images, rep.Classes = set.Len(), set.NumClasses()
	return set, rep, nil
}
