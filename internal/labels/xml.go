package labels

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"csl/internal/textio"
)

// newXML reads XML of a text that is UTF-8 already, whatever its head says.
func newXML(r io.Reader) *xml.Decoder {
	d := xml.NewDecoder(&markup{r: r})
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return d
}

// maxMarkup is the longest tag, or text between two, in bytes.
const maxMarkup = 4 << 20

// markup passes XML on and ends where one tag or the text between two is longer than any annotation
// needs, as the decoder holds such a piece in memory.
type markup struct {
	r    io.Reader
	kept int // bytes since a tag began
}

func (m *markup) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.kept += n
	if i := bytes.LastIndexByte(p[:n], '<'); i >= 0 {
		m.kept = n - i
	}
	if m.kept > maxMarkup {
		return 0, fmt.Errorf("a tag, or the text between two, longer than %d bytes", maxMarkup)
	}
	return n, err
}

// sniffXML goes by the first elements.
func sniffXML(start []byte) (Format, error) {
	if lower := bytes.ToLower(start); bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("<!doctype html")) {
		return Auto, errors.New("this is an HTML page, not annotations: the download went wrong")
	}
	d := newXML(bytes.NewReader(start))
	for {
		token, err := d.Token()
		if err != nil {
			return Auto, unrecognised(fmt.Sprintf("XML that begins %q, in which no element was found: %v", clip(string(firstLine(start))), textio.CutShort(err)), VOCXML)
		}
		if e, ok := token.(xml.StartElement); ok {
			switch e.Name.Local {
			case "annotation":
				return VOCXML, nil
			case "annotations":
				return CVAT, nil
			}
			return Auto, unrecognised(fmt.Sprintf("XML with <%s>, not Pascal VOC's <annotation> or CVAT's <annotations>", clip(e.Name.Local)), nearestXML(e.Name.Local))
		}
	}
}

// nearestXML is the format of XML whose first element is closest: one image, or many.
func nearestXML(element string) Format {
	if lower := strings.ToLower(element); strings.HasSuffix(lower, "s") || strings.HasPrefix(lower, "data") {
		return CVAT
	}
	return VOCXML
}

// vocAnnotation is what counts of a VOC file.
type vocAnnotation struct {
	Filename string      `xml:"filename"`
	Objects  []vocObject `xml:"object"`
}

type vocObject struct {
	Name      string `xml:"name"`
	Difficult string `xml:"difficult"`
}

// addVOC adds the image of one VOC file, which is called fallback if the file does not name it. An
// object is present; a class all of whose objects are difficult is unknown, as in VOC's
// classification task.
//
// What is wrong with the file's labels goes to wrong; the error is what ends reading the file.
func (g *gatherer) addVOC(text io.Reader, fallback string, wrong func(error) error) error {
	d := newXML(text)
	var a vocAnnotation
	if err := d.Decode(&a); err != nil {
		return xmlError(d, err)
	}
	name := strings.TrimSpace(a.Filename)
	if name == "" {
		name = fallback
	}
	row, isNew := g.builder.Image(name)
	if !isNew {
		return fmt.Errorf("image %q has another file, too", clip(name))
	}
	states := map[string]State{}
	var order []string
	for _, o := range a.Objects {
		class, state := ClassName(o.Name), Positive
		if difficult := strings.TrimSpace(o.Difficult); difficult == "1" || strings.EqualFold(difficult, "true") {
			state = Unknown
		}
		old, known := states[class]
		if !known {
			order = append(order, class)
		}
		if !known || state > old {
			states[class] = state
		}
	}
	for _, class := range order {
		if states[class] == Unknown {
			g.rep.add(DifficultObjects, func() string { return fmt.Sprintf("%s %q", name, clip(class)) })
		}
		if err := g.add(row, class, states[class], name); err != nil {
			if err := wrong(err); err != nil {
				return err
			}
		}
	}
	if len(order) == 0 {
		g.rep.add(WithoutObjects, func() string { return name })
	}
	return nil
}

// readVOCFolder reads all XML files of a folder, in the order of their names.
func readVOCFolder(ctx context.Context, o Options, list *classList, rep *Report) (*Set, error) {
	entries, err := os.ReadDir(o.Path)
	if err != nil {
		return nil, err
	}
	g := gatherer{list: list, rep: rep}
	wrong := faults{most: o.MaxErrors}
	for _, e := range entries {
		if e.IsDir() || !isXML(e.Name()) {
			continue
		}
		note := func(err error) error { return wrong.stop(fmt.Errorf("%s: %w", e.Name(), err)) }
		err := g.addVOCFile(ctx, filepath.Join(o.Path, e.Name()), o, note)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && !errors.Is(err, errFull):
			err = note(err)
		}
		if err != nil {
			return nil, wrong.err()
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	g.sortClasses()
	return g.set(o.missing())
}

func (g *gatherer) addVOCFile(ctx context.Context, path string, o Options, wrong func(error) error) error {
	t, err := textio.Open(ctx, path, textio.Options{Encoding: o.Encoding})
	if err != nil {
		return err
	}
	defer t.Close() // only read
	base := filepath.Base(path)
	return g.addVOC(t, strings.TrimSuffix(base, filepath.Ext(base)), wrong)
}

// readVOC reads one VOC file.
func readVOC(text io.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	g := gatherer{list: list, rep: rep}
	base := filepath.Base(o.Path)
	wrong := faults{most: o.MaxErrors}
	if err := g.addVOC(text, strings.TrimSuffix(base, filepath.Ext(base)), wrong.stop); err != nil {
		return nil, wrong.end(err)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	g.sortClasses()
	return g.set(o.missing())
}

// xmlError adds the line.
func xmlError(d *xml.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = textio.CutShort(io.ErrUnexpectedEOF)
	}
	line, _ := d.InputPos()
	return fmt.Errorf("line %d: %w", line, err)
}

// isVOCFolder tells whether a folder holds XML files.
func isVOCFolder(path string) bool {
	entries, err := os.ReadDir(path)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if !e.IsDir() && isXML(e.Name()) {
			return true
		}
	}
	return false
}

// isXML tells by its name whether a file is XML; hidden files, which macOS leaves, are not.
func isXML(name string) bool {
	return strings.EqualFold(filepath.Ext(name), ".xml") && !strings.HasPrefix(name, ".")
}
