package labels

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"csl/internal/safefile"
)

// WriteVOC writes the set as Pascal VOC's XML, a file for each image, into a new folder, which appears when it is
// complete: an object for each class that is present, and one marked difficult for each that is unknown, as VOC's
// classification task has it. Classes that are absent are not mentioned. Objects have no boxes.
func (s *Set) WriteVOC(fsys safefile.FS, dir string) error {
	if _, err := fsys.Stat(dir); err == nil {
		return fmt.Errorf("write labels: %q exists: name a new folder", dir)
	}
	temp := filepath.Clean(dir) + ".csltmp-voc" // marked as safefile marks its own
	err := fsys.RemoveAll(temp)
	if err == nil {
		err = fsys.MkdirAll(temp)
	}
	if err == nil {
		err = s.writeVOCFiles(fsys, temp)
	}
	if err == nil {
		err = fsys.Rename(temp, dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write labels: %w", err), fsys.RemoveAll(temp))
	}
	return nil
}

func (s *Set) writeVOCFiles(fsys safefile.FS, dir string) error {
	taken := make(map[string]string, s.Len())
	row := make([]int8, s.NumClasses())
	for i := range s.Len() {
		name := s.ImageName(i)
		file := strings.ReplaceAll(strings.TrimSuffix(name, path.Ext(name)), "/", "_") + ".xml"
		if other, ok := taken[strings.ToLower(file)]; ok {
			return fmt.Errorf("images %q and %q would both be described by %q: rename one", other, name, file)
		}
		taken[strings.ToLower(file)] = name
		s.Row(i, row)
		if err := safefile.Write(fsys, filepath.Join(dir, file), func(w io.Writer) error { return s.writeVOCImage(w, name, row) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) writeVOCImage(w io.Writer, name string, row []int8) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<annotation>\n<filename>%s</filename>\n", escapeXML(name))
	for class, state := range row {
		if State(state) != Negative {
			fmt.Fprintf(b, "<object><name>%s</name><difficult>%d</difficult></object>\n", escapeXML(s.Classes[class].Name), one(State(state) == Unknown))
		}
	}
	fmt.Fprint(b, "</annotation>\n")
	return b.Flush() // which returns the first error of writing
}
