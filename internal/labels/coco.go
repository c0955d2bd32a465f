package labels

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"csl/internal/jsonscan"
	"csl/internal/textio"
)

// name is file_name or, in LVIS v1, the end of coco_url: folder and file.
func (i *cocoImage) name() string {
	if i.fileName != "" || i.cocoURL == "" {
		return i.fileName
	}
	parts := strings.Split(i.cocoURL, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// pair is an image and a category, by the numbers of their ids.
type pair struct{ image, category uint32 }

// origin is where an id was first used, for errors.
type origin struct {
	at         int64
	annotation scalar // empty: the image itself names the id
	image      scalar
}

func (o origin) String() string {
	if o.annotation == "" {
		return fmt.Sprintf("image %s", o.image)
	}
	return fmt.Sprintf("annotation %s of image %s", o.annotation, o.image)
}

// cocoReader gathers the three lists, which come in any order, and joins them
// at the end. Ids are numbered as they come.
type cocoReader struct {
	rep           *Report
	builder       Builder
	images        names    // image ids
	rows          []int    // row of each, -1 before its entry was met
	imageUse      []origin // first annotation of each
	categories    names    // category ids
	classes       []Class  // entry of each, nameless before it was met
	categoryUse   []origin // first annotation of each
	used          []bool   // whether an annotation has the category
	instances     []pair   // annotations
	negatives     []pair   // LVIS
	notExhaustive []pair   // LVIS
	lists         map[string]bool
	lvis          bool
	wrong         faults
	// missingUnknown takes cells without annotation as unknown in COCO files, too.
	missingUnknown bool
}

// readCOCO reads COCO instances and LVIS JSON as a stream.
func readCOCO(text io.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	c := &cocoReader{rep: rep, lists: map[string]bool{}, missingUnknown: o.MissingUnknown, wrong: faults{most: o.MaxErrors}}
	s := jsonscan.New(text)
	err := s.Object(func(key string) error {
		c.lists[key] = true
		switch key {
		case "images":
			return cocoList(s, key, &c.wrong, func(int64) error {
				var v cocoImage
				if err := v.read(s); err != nil {
					return err
				}
				return entryError(c.image(&v))
			})
		case "annotations":
			return cocoList(s, key, &c.wrong, func(at int64) error {
				var v cocoAnnotation
				if err := v.read(s); err != nil {
					return err
				}
				return entryError(c.annotation(at, &v))
			})
		case "categories":
			return cocoList(s, key, &c.wrong, func(int64) error {
				var v cocoCategory
				if err := v.read(s); err != nil {
					return err
				}
				return entryError(c.category(&v))
			})
		}
		return s.Skip()
	})
	if err != nil {
		return nil, textio.CutShort(err)
	}
	if err := c.wrong.err(); err != nil {
		return nil, err
	}
	if done, err := s.AtEnd(); err != nil {
		return nil, err
	} else if !done {
		return nil, fmt.Errorf("byte %d: there is more after the end of the JSON object", s.Offset())
	}
	for _, key := range []string{"images", "annotations", "categories"} {
		if !c.lists[key] {
			return nil, fmt.Errorf("the JSON has no %q: COCO instances need images, annotations and categories", key)
		}
	}
	if rep.Format = o.Format; rep.Format == Auto {
		rep.Format = COCO
		if c.lvis {
			rep.Format = LVIS
		}
	}
	return c.join(o, list)
}

func (c *cocoReader) image(v *cocoImage) error {
	name := v.name()
	switch {
	case v.err != nil:
		return fmt.Errorf("image %s: %w", clip(string(v.id)), v.err)
	case v.id == "":
		return fmt.Errorf("image %q has no id", clip(name))
	case name == "":
		return fmt.Errorf("image %s has no file_name", clip(string(v.id)))
	}
	image, err := c.imageNumber(v.id, origin{})
	if err != nil {
		return err
	}
	if row := c.rows[image]; row >= 0 {
		if earlier := c.builder.names.at(row); earlier != ImageName(name) {
			return fmt.Errorf("image id %s stands for %q and %q", v.id, clip(earlier), clip(name))
		}
		c.rep.add(DuplicateImages, func() string { return name })
		return nil
	}
	row, isNew := c.builder.Image(name)
	if !isNew {
		return fmt.Errorf("image %s has the file_name %q of an earlier image", v.id, clip(name))
	}
	c.rows[image] = row
	c.lvis = c.lvis || v.negative != nil
	use := origin{image: v.id}
	if c.negatives, err = c.addPairs(c.negatives, image, v.negative, use); err != nil {
		return err
	}
	c.notExhaustive, err = c.addPairs(c.notExhaustive, image, v.notExhaustive, use)
	return err
}

func (c *cocoReader) annotation(at int64, v *cocoAnnotation) error {
	use := origin{at, v.id, v.image}
	if v.id == "" {
		use.annotation = "without id"
	}
	switch {
	case v.image == "":
		return fmt.Errorf("annotation %q has no image_id", v.id)
	case v.category == "":
		return fmt.Errorf("%v has no category_id: labels are in instances_*.json, not in captions or keypoints", use)
	}
	image, err := c.imageNumber(v.image, use)
	if err != nil {
		return err
	}
	if c.instances, err = c.addPairs(c.instances, image, []scalar{v.category}, use); err != nil {
		return err
	}
	if v.crowd {
		c.rep.add(CrowdAnnotations, nil)
	}
	return nil
}

func (c *cocoReader) category(v *cocoCategory) error {
	switch {
	case v.id == "":
		return fmt.Errorf("category %q has no id", clip(v.name))
	case ClassName(v.name) == "":
		return fmt.Errorf("category %s has no name", clip(string(v.id)))
	}
	number, err := c.categoryNumber(v.id, origin{})
	if err != nil {
		return err
	}
	if known := c.classes[number]; known.Name != "" && known.Name != ClassName(v.name) {
		return fmt.Errorf("category id %s stands for %q and %q", v.id, clip(known.Name), clip(v.name))
	}
	c.classes[number] = Class{ID: string(v.id), Name: ClassName(v.name), Frequency: v.frequency}
	return nil
}

// addPairs appends (image, each id).
func (c *cocoReader) addPairs(to []pair, image int, ids []scalar, use origin) ([]pair, error) {
	for _, id := range ids {
		category, err := c.categoryNumber(id, use)
		if err != nil {
			return to, err
		}
		c.used[category] = true
		to = append(to, pair{uint32(image), uint32(category)})
	}
	return to, nil
}

func (c *cocoReader) imageNumber(id scalar, use origin) (int, error) {
	n, isNew, err := c.images.intern(string(id))
	if isNew {
		c.rows = append(c.rows, -1)
		c.imageUse = append(c.imageUse, use)
	}
	return n, err
}

func (c *cocoReader) categoryNumber(id scalar, use origin) (int, error) {
	n, isNew, err := c.categories.intern(string(id))
	if isNew {
		c.classes = append(c.classes, Class{})
		c.categoryUse = append(c.categoryUse, use)
		c.used = append(c.used, false)
	}
	return n, err
}

// dangling is the error of an id that is used but has no entry.
func (c *cocoReader) dangling() error {
	for i, class := range c.classes {
		if class.Name == "" {
			use := c.categoryUse[i]
			return fmt.Errorf("byte %d: %v: category id %s is not in \"categories\"", use.at, use, c.categories.at(i))
		}
	}
	for i, row := range c.rows {
		if row < 0 {
			use := c.imageUse[i]
			return fmt.Errorf("byte %d: %v: image id %s is not in \"images\"", use.at, use, c.images.at(i))
		}
	}
	if len(c.classes) == 0 {
		return errors.New("\"categories\" is empty")
	}
	return nil
}

// compareIDs orders ids: numbers by value, then texts.
func compareIDs(a, b string) int {
	x, isX := wholeNumber(a)
	y, isY := wholeNumber(b)
	switch {
	case isX && isY:
		return cmp.Compare(x, y)
	case isX:
		return -1
	case isY:
		return 1
	}
	return strings.Compare(a, b)
}

// wholeNumber is the value of an id that is one. Others are mostly known by their first byte.
func wholeNumber(id string) (int64, bool) {
	if id == "" || id[0] > '9' || id[0] == '/' {
		return 0, false
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return n, err == nil
}
