package labels

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readCVAT reads "CVAT for images 1.1". Tags and shapes of a label make it present in their image,
// unless an attribute of the tag says "absent"; the labels of the head are the classes.
func readCVAT(text io.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	c := cvat{gatherer: gatherer{list: list, rep: rep}, xml: newXML(text), row: -1}
	wrong := faults{most: o.MaxErrors}
	for {
		token, err := c.xml.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, wrong.with(xmlError(c.xml, err))
		}
		switch e := token.(type) {
		case xml.StartElement:
			c.path = append(c.path, e.Name.Local)
			err = c.start(e)
		case xml.EndElement:
			c.path = c.path[:len(c.path)-1] // the decoder matches ends with starts
			if e.Name.Local == "image" {
				err = c.imageEnd()
			}
		case xml.CharData:
			err = c.text(strings.TrimSpace(string(e)))
		}
		if err != nil {
			line, _ := c.xml.InputPos()
			if err = wrong.note(fmt.Errorf("line %d: %w", line, err)); err != nil {
				return nil, err
			}
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if c.videos > 0 && c.images == 0 {
		return nil, errors.New("this is CVAT's format for video: export \"CVAT for images 1.1\"")
	}
	return c.set(o.missing())
}

// cvat is the state of reading.
type cvat struct {
	gatherer
	xml            *xml.Decoder
	path           []string // elements that are open
	row            int
	name           string
	tag            string // label of the open tag or shape
	absent         bool   // which an attribute says
	labelled       bool   // the image has a label
	images, videos int
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (c *cvat) start(e xml.StartElement) error {
	if len(c.path) > 64 {
		return errors.New("more than 64 elements within each other")
	}
	switch e.Name.Local {
	case "track":
		c.videos++
	case "image":
		c.images++
		c.row, c.labelled = -1, false
		if c.name = attribute(e, "name"); c.name == "" {
			return errors.New("an image without a name")
		}
		row, isNew := c.builder.Image(c.name)
		if !isNew {
			return fmt.Errorf("image %q comes twice", clip(c.name))
		}
		c.row = row
	case "tag", "box", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton":
		if c.row >= 0 && len(c.path) >= 2 && c.path[len(c.path)-2] == "image" {
			if err := c.flush(); err != nil {
				return err
			}
			c.tag, c.absent = attribute(e, "label"), false
			if c.tag == "" {
				return fmt.Errorf("image %q: <%s> without a label", clip(c.name), e.Name.Local)
			}
		}
	}
	return nil
}

// text takes a class name of the head, or the value of a tag's attribute.
func (c *cvat) text(s string) error {
	n := len(c.path)
	switch {
	case s == "" || n < 2:
		return nil
	case c.path[n-1] == "name" && c.path[n-2] == "label":
		class, err := c.list.column(s)
		if err == nil {
			c.list.seen(class, ClassName(s))
		}
		if errors.Is(err, errSkip) {
			err = nil
		}
		return err
	case c.path[n-1] == "attribute" && c.tag != "" && strings.EqualFold(s, "absent"):
		c.absent = true
	}
	return nil
}

// flush states the tag that was read last.
func (c *cvat) flush() error {
	if c.tag == "" {
		return nil
	}
	state := Positive
	if c.absent {
		state = Negative
	}
	tag := c.tag
	c.tag, c.labelled = "", true
	return c.add(c.row, tag, state, c.name)
}

func (c *cvat) imageEnd() error {
	err := c.flush()
	if !c.labelled {
		c.rep.add(WithoutObjects, func() string { return c.name })
	}
	c.row = -1
	return err
}
