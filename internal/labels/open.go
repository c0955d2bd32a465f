package labels

import (
	"context"
	"fmt"
	"os"
	"strings"

	"csl/internal/textio"
)

// Format is a layout of annotation files.
type Format string

// The formats that Open reads. Auto looks at the content.
const (
	Auto       Format = ""
	COCO       Format = "coco"
	LVIS       Format = "lvis"
	OpenImages Format = "openimages"
	CSV        Format = "csv"
	JSONL      Format = "jsonl"

	Wide        Format = "wide"        // CSV with one column per class
	Tags        Format = "tags"        // CSV image,labels: several labels in one cell
	VOCXML      Format = "voc"         // Pascal VOC's XML: a file, or a folder of one per image
	CVAT        Format = "cvat"        // CVAT for images 1.1
	LabelStudio Format = "labelstudio" // Label Studio's JSON and JSON_MIN
	FiftyOne    Format = "fiftyone"    // FiftyOneImageClassificationDataset's labels.json
	Folders     Format = "folders"     // images in one folder per class; see FromFolders
	WebDataset  Format = "webdataset"  // tar archives with labels beside the images; see FromShards
)

// Formats are the names of the formats, as [ParseFormat] takes them.
func Formats() []Format {
	return []Format{COCO, LVIS, OpenImages, CSV, Wide, Tags, JSONL, VOCXML, CVAT, LabelStudio, FiftyOne, Folders, WebDataset}
}

// ParseFormat is the format of that name; the empty name and "auto" are Auto.
func ParseFormat(name string) (Format, error) {
	if name == "" || name == "auto" {
		return Auto, nil
	}
	var all []string
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
		all = append(all, string(f))
	}
	return Auto, fmt.Errorf("unknown data format %q: want auto, %s", name, strings.Join(all, ", "))
}

// Options says what to read and how.
type Options struct {
	// Path is the annotation file, plain or gzip.
	Path string
	// Later are further files, whose labels replace those of files before them; see [Extend].
	Later []string
	// Format is Auto to go by the content.
	Format Format
	// Classes, if given, are the classes of the set in order, by name; an
	// annotation of another class is an error unless SkipOtherClasses is set.
	// A class the file does not know is Unknown in every image.
	Classes []string
	// ClassIDs, if given, are the ids of Classes, one each, "" where there is none: a label that is
	// no class's name but one's id (an Open Images MID) means that class.
	ClassIDs []string
	// SkipOtherClasses skips and counts annotations of classes that are
	// not in Classes.
	SkipOtherClasses bool
	// ClassDescriptions is an Open Images file LabelName,DisplayName. Its rows
	// are the classes, in order, where Classes is not given.
	ClassDescriptions string
	// Split is the part to read of a table of tags that names one for each image: train, val or test; "" is all of them.
	// A table with images of one part only is read whole.
	Split string
	// KeepUnannotated keeps images without any annotation (COCO: as all
	// negative) instead of dropping them.
	KeepUnannotated bool
	// MissingUnknown takes a cell without annotation in a COCO file as Unknown instead of Negative.
	MissingUnknown bool
	// Values is what the numbers of a CSV file mean.
	Values Values
	// Encoding is that of text files, as package textio names it; "" for UTF-8.
	Encoding string
	// Examples is how many of each kind of diagnostic the report names; 3 if less.
	Examples int
	// MaxErrors is how many wrong rows or entries are named in the error; 0 is 1.
	MaxErrors int

	stated bool // keep cells that are said to be unknown: they replace those of earlier files
}

// Open reads an annotation file.
//
//   - COCO instances JSON: a category with at least one annotation (crowds
//     count) is Positive, every other one Negative; classes by ascending
//     category id.
//   - LVIS JSON: instances Positive, neg_category_ids Negative, the rest
//     Unknown, also what is named in not_exhaustive_category_ids without an
//     instance.
//   - Open Images human-verified labels (ImageID,Source,LabelName,Confidence):
//     1 Positive, 0 Negative, the rest Unknown. Classes are those of
//     ClassDescriptions or, without it, the labels found, sorted. A cell said
//     to be both is Positive, as one person's sighting outweighs another's miss.
//   - CSV image,label,value with value 1, 0 or -1 (unknown), with or without a
//     header; classes in the order in which labels first appear. A
//     contradiction is an error. With columns time and source, as csl review writes them, a later row replaces
//     an earlier one, value unsure is unknown, and undone takes back all that was said of the cell.
//   - JSONL {"image":…,"positive":[…],"negative":[…]} per line; classes as in CSV.
//
// Errors name path, line or byte (of the unpacked content), the value and what
// to do. What was dropped or odd without being wrong is in the report.
//
// Of several files (Options.Later) the later ones count.
func Open(ctx context.Context, o Options) (*Set, *Report, error) {
	set, rep, err := open(ctx, o)
	if err == nil {
		set, err = Extend(ctx, set, rep, o)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := finish(set, rep, o); err != nil {
		return nil, nil, fmt.Errorf("read labels %q: %w", o.Path, err)
	}
	return set, rep, nil
}

// open is Open of the first file, which may turn out to hold nothing.
func open(ctx context.Context, o Options) (*Set, *Report, error) {
	if info, err := os.Stat(o.Path); err == nil && info.IsDir() {
		return openFolder(ctx, o)
	}
	f, err := textio.Open(ctx, o.Path, textio.Options{Encoding: o.Encoding})
	if err != nil {
		return nil, nil, fmt.Errorf("read labels: %w", err)
	}
	defer f.Close()
	set, rep, err := read(ctx, f, o)
	if err != nil {
		return nil, nil, fmt.Errorf("read labels %q: %w", o.Path, err)
	}
	return set, rep, nil
}

// openFolder is open of a folder.
func openFolder(ctx context.Context, o Options) (*Set, *Report, error) {
	if o.Format != VOCXML && (o.Format != Auto || !isVOCFolder(o.Path)) {
		return nil, nil, fmt.Errorf("read labels: %q is a folder, and not one of Pascal VOC's XML files: name the annotation file, or say --data_format folders if there is one folder per class", o.Path)
	}
	list, err := newClassList(o.Classes, o.ClassIDs)
	if err != nil {
		return nil, nil, err
	}
	list.skipOthers = o.SkipOtherClasses
	rep := &Report{Path: o.Path, Format: VOCXML, examples: o.Examples}
	set, err := readVOCFolder(ctx, o, list, rep)
	if err != nil {
		return nil, nil, fmt.Errorf("read labels %q: %w", o.Path, err)
	}
	return set, rep, nil
}

// finish completes the report of a set that was read.
func finish(set *Set, rep *Report, o Options) error {
	if set.Len() == 0 || set.NumClasses() == 0 {
		return fmt.Errorf("no image with a label is left\n%s", rep)
	}
	reportSimilar(set.Classes, rep)
	rep.noteDescriptions(o)
	rep.Images, rep.Classes = set.Len(), set.NumClasses()
	return nil
}

// read is open of content that is already unpacked.
func read(ctx context.Context, r textio.Reader, o Options) (*Set, *Report, error) {
	text, format, err := sniff(r)
	if err != nil {
		return nil, nil, err
	}
	if o.Format != Auto && !sameReader(o.Format, format) {
		return nil, nil, fmt.Errorf("it looks like %s, not %s (data_format)", format, o.Format)
	}
	if o.Format != Auto {
		format = o.Format
	}
	switch format {
	case CSV, Wide, Tags, OpenImages:
		r.LimitLines(textio.MaxLine)
	case JSONL:
		r.LimitLines(maxJSONLine)
	}
	list, err := newClassList(o.Classes, o.ClassIDs)
	if err != nil {
		return nil, nil, err
	}
	list.skipOthers = o.SkipOtherClasses
	rep := &Report{Path: o.Path, Format: format, examples: o.Examples}
	var set *Set
	switch format {
	case OpenImages:
		set, err = readOpenImages(ctx, text, o, list, rep)
	case CSV, Wide, Tags:
		set, err = readTable(ctx, text, o, list, rep)
	case VOCXML:
		set, err = readVOC(text, o, list, rep)
	case CVAT:
		set, err = readCVAT(text, o, list, rep)
	case LabelStudio:
		set, err = readLabelStudio(text, o, list, rep)
	case FiftyOne:
		set, err = readFiftyOne(text, o, list, rep)
	case JSONL:
		set, err = readJSONL(text, o, list, rep)
	default:
		set, err = readCOCO(text, o, list, rep)
	}
	if err != nil {
		return nil, nil, err
	}
	return set, rep, nil
}

// dropUnannotated drops the images about which nothing is said, unless
// they are wanted, and counts them.
func dropUnannotated(set *Set, annotated func(i int) bool, keep bool, rep *Report) *Set {
	kind := Unannotated
	if keep {
		kind = UnannotatedKept
	}
	for i := range set.Len() {
		if !annotated(i) {
			rep.add(kind, func() string { return set.ImageName(i) })
		}
	}
	if keep || rep.Count(kind) == 0 {
		return set
	}
	return set.Filter(annotated)
}

// sameReader tells whether a file that looks like one format may be read as
// another: COCO and LVIS share a layout, and so do tables.
func sameReader(want, found Format) bool {
	isCOCO := func(f Format) bool { return f == COCO || f == LVIS }
	isTable := func(f Format) bool { return f == CSV || f == Wide || f == Tags }
	return want == found || isCOCO(want) && isCOCO(found) || isTable(want) && isTable(found)
}
