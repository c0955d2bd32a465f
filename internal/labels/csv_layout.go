package labels

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"path"
	"slices"
	"strings"
)

// csvLayout is what the first row of a table tells.
type csvLayout struct {
	format              Format
	header              bool // the first row names the columns
	answers             bool // with time and source: rows are answers, in the order in which they were given
	image, label, value int
	negative, split     int // of tags: columns of absent labels and of the part that a row belongs to, -1 for none
}

// Names of columns, in lower case; the first of each is csl's own.
func imageColumns() []string {
	return []string{"image", "filename", "file_name", "image_path", "image_name", "image_id", "imageid", "filepath", "file", "path", "name", "id", "img", "photo", "picture"}
}

func labelColumns() []string {
	return []string{"label", "labels", "class", "classes", "class_name", "category", "categories", "tag", "tags", "positive", "positives", "pos_labels", "positive_labels"}
}

func negativeColumns() []string {
	return []string{"negative", "negatives", "neg_labels", "negative_labels"}
}

func valueColumns() []string { return []string{"value", "state", "present", "confidence"} }

// layoutOf goes by the first two rows; second is nil if there is none. want is the format that was
// asked for, or Auto.
func layoutOf(first, second []string, want Format, values Values) (csvLayout, error) {
	l := csvLayout{header: true, image: firstColumn(first, imageColumns()), label: firstColumn(first, labelColumns()), value: firstColumn(first, valueColumns()), negative: firstColumn(first, negativeColumns()), split: splitColumn(first, second)}
	switch {
	case l.image >= 0 && l.label >= 0 && l.value >= 0 && want != Wide && want != Tags:
		l.format = CSV
		l.answers = columnOf(first, "time") >= 0 && columnOf(first, "source") >= 0
	case l.image >= 0 && l.label >= 0 && want != Wide && want != CSV:
		l.format = Tags
	case (want == Tags || want == Auto) && isListTable(second):
		l = csvLayout{format: Tags, header: true, label: 1, negative: l.negative, split: l.split}
	case l.image >= 0 && len(first) > 1 && (want == Wide || want == Auto && areValues(second, l.image, values)):
		l.format = Wide
	case len(first) == 3 && isValue(first[2], values) && (want == CSV || want == Auto):
		l = csvLayout{format: CSV, label: 1, value: 2, negative: -1, split: -1}
	case len(first) > 1 && (want == Tags || want == Auto && isImagePath(first[0])):
		l = csvLayout{format: Tags, label: -1, negative: -1, split: -1}
	default:
		near := nearestTable(first, second, want)
		return l, unrecognised(fmt.Sprintf("columns %s: %s", clip(fmt.Sprintf("%q", first)), wantTable(want)), near)
	}
	return l, nil
}

// wantTable says what a table may look like.
func wantTable(want Format) string {
	switch want {
	case Wide:
		return "want a column \"image\" and one column per class"
	case Tags:
		return "want image,labels"
	}
	return "want image,label,value (value 1, 0 or -1), or image and one column per class (--data_format wide), or image,labels (--data_format tags), or the Open Images columns ImageID,Source,LabelName,Confidence"
}

// nearestTable is the layout that a table which is none comes closest to.
func nearestTable(first, second []string, want Format) Format {
	some := false
	for _, cell := range second[min(1, len(second)):] {
		some = some || isValue(cell, CSL)
	}
	switch {
	case want != Auto && want != CSV:
		return want
	case len(first) > 2 && len(second) == len(first) && some:
		return Wide
	case len(first) == 2:
		return Tags
	}
	return CSV
}

// firstColumn is the number of the column that has one of the names, by the order of names; or -1.
func firstColumn(header, names []string) int {
	for _, name := range names {
		if i := columnOf(header, name); i >= 0 {
			return i
		}
	}
	return -1
}

// areValues tells whether all cells but the image's are values or empty, and some are values.
func areValues(row []string, image int, values Values) bool {
	some := false
	for i, cell := range row {
		if i == image || isMissing(cell) {
			continue
		}
		if !isValue(cell, values) {
			return false
		}
		some = true
	}
	return some
}

func isValue(cell string, values Values) bool {
	_, err := values.parse(cell)
	return err == nil
}

// isImagePath tells by its extension whether a cell names an image.
func isImagePath(cell string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"}, strings.ToLower(path.Ext(cell)))
}

// firstRow is the first row of head, as far as it lies there; nil if there is none.
func firstRow(head []byte, comma rune) []string {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma = comma
	r.TrimLeadingSpace = comma != '\t'
	row, err := r.Read()
	if err != nil {
		return nil // what is wrong with it is said when it is read
	}
	return row
}
