// Package annotate draws an image with the names and scores of what is in it: the image as it is, and
// below it a panel of tags, so that nothing of the image is covered. Which tags there are is package
// infer's business, where the result is stored the caller's.
package annotate

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/disintegration/imaging"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// Sides in pixels.
const (
	maxSide  = 1280 // of the image as it is drawn; larger ones are shrunk
	minSide  = 360  // the longer side; smaller ones are enlarged
	minWidth = 360  // of the whole
)

// Tag is one class that is in an image.
type Tag struct {
	Name  string  // of the class
	Score float32 // 0 to 1
	// Instead is drawn where the font has no shape for a letter of Name, unless it is empty.
	Instead string
}

// Painter draws annotated images. It is for one goroutine at a time.
type Painter struct {
	medium, regular *opentype.Font
	size            float64 // of the faces below
	name, score     font.Face
	buffer          sfnt.Buffer
}

// NewPainter reads the fonts, which are Go's own and part of the program.
func NewPainter() (*Painter, error) {
	p := &Painter{}
	var err error
	if p.medium, err = opentype.Parse(gomedium.TTF); err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	if p.regular, err = opentype.Parse(goregular.TTF); err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	return p, nil
}

// use makes the faces of a size in pixels.
func (p *Painter) use(size float64) error {
	if p.size == size {
		return nil
	}
	o := &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone}
	var err error
	if p.name, err = opentype.NewFace(p.medium, o); err != nil {
		return fmt.Errorf("font: %w", err)
	}
	if p.score, err = opentype.NewFace(p.regular, o); err != nil {
		return fmt.Errorf("font: %w", err)
	}
	p.size = size
	return nil
}

// Paint draws the image and its tags, in their order. Without tags the panel says nothing.
func (p *Painter) Paint(img image.Image, tags []Tag, nothing string) (*image.NRGBA, error) {
	shown := fit(img)
	width := max(shown.Rect.Dx(), minWidth)
	if err := p.use(math.Round(min(max(float64(width)/38, 14), 28))); err != nil {
		return nil, err
	}
	l := p.layout(tags, nothing, width)
	canvas := imaging.New(width, shown.Rect.Dy()+l.height, panelColor)
	canvas = imaging.Paste(canvas, shown, image.Pt((width-shown.Rect.Dx())/2, 0))
	p.draw(canvas, l, shown.Rect.Dy())
	return canvas, nil
}

// fit brings an image to a size that can be looked at, with its proportions but for sides of less than
// a pixel.
func fit(img image.Image) *image.NRGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	long := max(w, h)
	switch {
	case long > maxSide:
		return scaled(img, w, h, maxSide, imaging.Lanczos)
	case long < minSide:
		return scaled(img, w, h, minSide, imaging.CatmullRom)
	}
	return imaging.Clone(img)
}

// scaled makes the longer side as long as asked for.
func scaled(img image.Image, w, h, long int, f imaging.ResampleFilter) *image.NRGBA {
	if w >= h {
		return imaging.Resize(img, long, max(1, (h*long+w/2)/w), f)
	}
	return imaging.Resize(img, max(1, (w*long+h/2)/h), long, f)
}

// Colours of the panel.
var (
	panelColor = color.NRGBA{0x12, 0x17, 0x22, 0xff}
	tagColor   = color.NRGBA{0x26, 0x30, 0x42, 0xff}
	fillColor  = color.NRGBA{0x1f, 0x5f, 0x8b, 0xff}
	nameColor  = color.NRGBA{0xf5, 0xf8, 0xfc, 0xff}
	scoreColor = color.NRGBA{0xa9, 0xd3, 0xf2, 0xff}
	mutedColor = color.NRGBA{0x8d, 0x99, 0xad, 0xff}
)
