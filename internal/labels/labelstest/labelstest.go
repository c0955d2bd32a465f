// Package labelstest writes made-up annotation files of any size, for tests and benchmarks of reading: Open Images'
// human-verified labels, CSV and COCO instances. The same numbers and seed give the same bytes. What a label means
// does not matter here.
package labelstest

import (
	"bufio"
	"io"
	"math/rand/v2"
	"strconv"
)

// Size says how large a file is. The annotations are spread over the images as evenly as whole numbers allow.
type Size struct {
	Images, Classes, Annotations int    // numbers of each, at least 1
	Seed                         uint64 // of classes and states
}

// OpenImagesSize is the size of all human-verified labels of Open Images V6.
func OpenImagesSize() Size {
	return Size{Images: 9_000_000, Classes: 9605, Annotations: 60_000_000, Seed: 1}
}

// OpenImages writes ImageID,Source,LabelName,Confidence, grouped by image as the published files are.
func OpenImages(w io.Writer, s Size) error {
	return s.rows(w, "ImageID,Source,LabelName,Confidence\n", func(b []byte, image, class int, present bool) []byte {
		b = append(appendID(b, image), ",verification,"...)
		return appendState(append(appendMID(b, class), ','), present)
	})
}

// CSV writes image,label,value, grouped by image.
func CSV(w io.Writer, s Size) error {
	return s.rows(w, "image,label,value\n", func(b []byte, image, class int, present bool) []byte {
		b = append(append(append(b, "train/"...), appendID(nil, image)...), ".jpg,"...)
		return appendState(append(appendMID(b, class), ','), present)
	})
}

// Answers writes n answers, image,label,value,time,source, each on another image of [CSV] of size s; n is at most s.Images.
// They come in the order of a person who answers class by class: the images are spread over the file.
func Answers(w io.Writer, s Size, n int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	_, _ = out.WriteString("image,label,value,time,source\n") // Flush has the error
	rng := rand.New(rand.NewPCG(s.Seed, 1))
	for _, i := range rng.Perm(n) {
		image := int(int64(i) * int64(s.Images) / int64(n))
		b := append(append(append([]byte(nil), "train/"...), appendID(nil, image)...), ".jpg,"...)
		b = appendState(append(appendMID(b, rng.IntN(s.Classes)), ','), rng.IntN(2) == 0)
		_, _ = out.Write(append(b, ",2026-01-02T03:04:05.000Z,review\n"...))
	}
	return out.Flush()
}

// rows writes a header and one row per annotation. An image has no class twice.
func (s Size) rows(w io.Writer, header string, row func(b []byte, image, class int, present bool) []byte) error {
	out := bufio.NewWriterSize(w, 1<<20)
	_, _ = out.WriteString(header) // Flush has the error
	rng := rand.New(rand.NewPCG(s.Seed, 0))
	var b []byte
	for image := range s.Images {
		first, step := rng.IntN(s.Classes), 1+rng.IntN(7)
		for k := range s.of(image) {
			b = row(b[:0], image, (first+k*step)%s.Classes, rng.IntN(3) == 0)
			_, _ = out.Write(append(b, '\n'))
		}
	}
	return out.Flush()
}

// of is how many annotations an image has.
func (s Size) of(image int) int {
	return int(int64(s.Annotations)*int64(image+1)/int64(s.Images) - int64(s.Annotations)*int64(image)/int64(s.Images))
}

// COCO writes instances with boxes and polygons of the size of COCO's: about 500 bytes per annotation.
func COCO(w io.Writer, s Size) error {
	out := bufio.NewWriterSize(w, 1<<20)
	rng := rand.New(rand.NewPCG(s.Seed, 0))
	b := []byte(`{"info": {"year": 2017}, "annotations": [`)
	for i := range s.Annotations {
		if i > 0 {
			b = append(b, ", "...)
		}
		_, _ = out.Write(appendInstance(b, rng, i, 1+rng.IntN(s.Images), 1+rng.IntN(s.Classes))) // Flush has the error
		b = b[:0]
	}
	b = append(b, `], "images": [`...)
	for i := range s.Images {
		b = strconv.AppendInt(append(b, `{"license": 3, "file_name": "`...), int64(i), 10)
		b = strconv.AppendInt(append(b, `.jpg", "height": 427, "width": 640, "id": `...), int64(i+1), 10)
		b = append(append(b, '}'), comma(i, s.Images)...)
	}
	b = append(b, `], "categories": [`...)
	for i := range s.Classes {
		b = strconv.AppendInt(append(b, `{"supercategory": "thing", "id": `...), int64(i+1), 10)
		b = strconv.AppendInt(append(b, `, "name": "class `...), int64(i), 10)
		b = append(append(b, `"}`...), comma(i, s.Classes)...)
	}
	_, _ = out.Write(append(b, "]}\n"...))
	return out.Flush()
}

// appendInstance appends one annotation in the order of keys of instances_train2017.json.
func appendInstance(b []byte, rng *rand.Rand, number, image, category int) []byte {
	b = append(b, `{"segmentation": [[`...)
	for i := range 2 * (4 + rng.IntN(50)) {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendFloat(b, float64(rng.IntN(64000))/100, 'f', -1, 64)
	}
	b = append(b, `]], "area": 702.1057499999998, "iscrowd": 0, "image_id": `...)
	b = strconv.AppendInt(b, int64(image), 10)
	b = append(b, `, "bbox": [473.07, 395.93, 38.65, 28.67], "category_id": `...)
	b = strconv.AppendInt(b, int64(category), 10)
	return append(strconv.AppendInt(append(b, `, "id": `...), int64(number+1), 10), '}')
}

func comma(i, n int) string {
	if i == n-1 {
		return ""
	}
	return ", "
}

// appendID appends 16 hexadecimal digits that look random.
func appendID(b []byte, image int) []byte {
	v := uint64(image+1) * 0x9e3779b97f4a7c15 // odd: different for every image
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[v>>shift&15])
	}
	return b
}

// appendMID appends a label as Open Images has them.
func appendMID(b []byte, class int) []byte {
	return strconv.AppendInt(append(b, "/m/0"...), int64(class)+36*36*36, 36)
}

func appendState(b []byte, present bool) []byte {
	if present {
		return append(b, '1')
	}
	return append(b, '0')
}
