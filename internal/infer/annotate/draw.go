package annotate

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// draw puts the panel on the canvas, top pixels from above.
func (p *Painter) draw(canvas *image.NRGBA, l layout, top int) {
	if l.nothing != "" {
		write(canvas, p.score, mutedColor, l.nothing, l.at.X, l.at.Y+top)
	}
	for _, c := range l.chips {
		box := c.box.Add(image.Pt(0, top))
		pill(canvas, box, box.Max.X, tagColor)
		pill(canvas, box, box.Min.X+int(c.share*float64(box.Dx())+0.5), fillColor)
		write(canvas, p.name, nameColor, c.name, c.nameX, c.baseline+top)
		write(canvas, p.score, scoreColor, c.score, c.scoreX, c.baseline+top)
	}
}

// write draws a text from x on, on its baseline.
func write(canvas *image.NRGBA, f font.Face, c color.Color, s string, x, baseline int) {
	d := font.Drawer{Dst: canvas, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, baseline)}
	d.DrawString(s)
}

// pill fills a box with round corners, up to the column right.
func pill(canvas *image.NRGBA, box image.Rectangle, right int, c color.Color) {
	w, h := float32(box.Dx()), float32(box.Dy())
	r := h * 0.32
	k := r * 0.4477 // where the curve of a quarter circle has its control points, from the corner
	z := vector.NewRasterizer(box.Dx(), box.Dy())
	z.MoveTo(r, 0)
	z.LineTo(w-r, 0)
	z.CubeTo(w-k, 0, w, k, w, r)
	z.LineTo(w, h-r)
	z.CubeTo(w, h-k, w-k, h, w-r, h)
	z.LineTo(r, h)
	z.CubeTo(k, h, 0, h-k, 0, h-r)
	z.LineTo(0, r)
	z.CubeTo(0, k, k, 0, r, 0)
	z.ClosePath()
	mask := image.NewAlpha(image.Rect(0, 0, box.Dx(), box.Dy()))
	z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	part := box
	part.Max.X = min(right, box.Max.X)
	draw.DrawMask(canvas, part, image.NewUniform(c), image.Point{}, mask, image.Point{}, draw.Over)
}
