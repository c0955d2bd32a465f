package labels

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// cocoImage is one of "images". The lists are LVIS's.
type cocoImage struct {
	ID            scalar   `json:"id"`
	FileName      string   `json:"file_name"`
	CocoURL       string   `json:"coco_url"`
	Negative      []scalar `json:"neg_category_ids"`
	NotExhaustive []scalar `json:"not_exhaustive_category_ids"`
}

// name is file_name or, in LVIS v1, the end of coco_url: folder and file.
func (i *cocoImage) name() string {
	if i.FileName != "" || i.CocoURL == "" {
		return i.FileName
	}
	parts := strings.Split(i.CocoURL, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// cocoAnnotation is one of "annotations". Boxes and masks are passed over.
type cocoAnnotation struct {
	ID       scalar `json:"id"`
	Image    scalar `json:"image_id"`
	Category scalar `json:"category_id"`
	Crowd    int    `json:"iscrowd"`
}

// cocoCategory is one of "categories".
type cocoCategory struct {
	ID   scalar `json:"id"`
	Name string `json:"name"`
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
	instances     []pair   // annotations
	negatives     []pair   // LVIS
	notExhaustive []pair   // LVIS
	lists         map[string]bool
	lvis          bool
}

// readCOCO reads COCO instances and LVIS JSON as a stream.
func readCOCO(text *bufio.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	c := &cocoReader{rep: rep, lists: map[string]bool{}}
	d := json.NewDecoder(text)
	err := jsonObject(d, func(key string) error {
		c.lists[key] = true
		switch key {
		case "images":
			return jsonList(d, key, c.image)
		case "annotations":
			return jsonList(d, key, c.annotation)
		case "categories":
			return jsonList(d, key, c.category)
		}
		return jsonSkip(d)
	})
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("byte %d: there is more after the end of the JSON object", d.InputOffset())
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

func (c *cocoReader) image(at int64, v *cocoImage) error {
	name := v.name()
	switch {
	case v.ID == "":
		return fmt.Errorf("image %q has no id", clip(name))
	case name == "":
		return fmt.Errorf("image %s has no file_name", clip(string(v.ID)))
	}
	image, err := c.imageNumber(v.ID, origin{})
	if err != nil {
		return err
	}
	if row := c.rows[image]; row >= 0 {
		if earlier := c.builder.names.at(row); earlier != name {
			return fmt.Errorf("image id %s stands for %q and %q", v.ID, clip(earlier), clip(name))
		}
		c.rep.add(DuplicateImages, func() string { return name })
		return nil
	}
	row, isNew := c.builder.Image(name)
	if !isNew {
		return fmt.Errorf("image %s has the file_name %q of an earlier image", v.ID, clip(name))
	}
	c.rows[image] = row
	c.lvis = c.lvis || v.Negative != nil
	use := origin{at: at, image: v.ID}
	if c.negatives, err = c.addPairs(c.negatives, image, v.Negative, use); err != nil {
		return err
	}
	c.notExhaustive, err = c.addPairs(c.notExhaustive, image, v.NotExhaustive, use)
	return err
}

func (c *cocoReader) annotation(at int64, v *cocoAnnotation) error {
	use := origin{at, v.ID, v.Image}
	if v.ID == "" {
		use.annotation = "without id"
	}
	switch {
	case v.Image == "":
		return fmt.Errorf("annotation %q has no image_id", v.ID)
	case v.Category == "":
		return fmt.Errorf("%v has no category_id: labels are in instances_*.json, not in captions or keypoints", use)
	}
	image, err := c.imageNumber(v.Image, use)
	if err != nil {
		return err
	}
	if c.instances, err = c.addPairs(c.instances, image, []scalar{v.Category}, use); err != nil {
		return err
	}
	if v.Crowd != 0 {
		c.rep.add(CrowdAnnotations, nil)
	}
	return nil
}

func (c *cocoReader) category(_ int64, v *cocoCategory) error {
	switch {
	case v.ID == "":
		return fmt.Errorf("category %q has no id", clip(v.Name))
	case v.Name == "":
		return fmt.Errorf("category %s has no name", clip(string(v.ID)))
	}
	number, err := c.categoryNumber(v.ID, origin{})
	if err != nil {
		return err
	}
	if known := c.classes[number]; known.Name != "" && known.Name != v.Name {
		return fmt.Errorf("category id %s stands for %q and %q", v.ID, clip(known.Name), clip(v.Name))
	}
	c.classes[number] = Class{ID: string(v.ID), Name: v.Name}
	return nil
}

// addPairs appends (image, each id).
func (c *cocoReader) addPairs(to []pair, image int, ids []scalar, use origin) ([]pair, error) {
	for _, id := range ids {
		category, err := c.categoryNumber(id, use)
		if err != nil {
			return to, err
		}
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
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Compare(x, y)
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return strings.Compare(a, b)
}
