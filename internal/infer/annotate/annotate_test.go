package annotate

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/disintegration/imaging"
)

func painter(t *testing.T) *Painter {
	t.Helper()
	p, err := NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var green = color.NRGBA{G: 200, A: 255}

// sample are tags of all kinds of names.
func sample() []Tag {
	return []Tag{
		{Name: "person", Score: 0.99871},
		{},
		{Name: "日本語", Score: 0.5},
		{Name: "line\nend", Score: 1},
		{Name: strings.Repeat("very long ", 40), Score: 0.75},
		{Name: "cup", Score: 2},
	}
}

func TestPhotosOfAnyShapeAreDrawnWholeAboveTheirTags(t *testing.T) {
	p := painter(t)
	for _, x := range []struct{ w, h, shownW, shownH int }{
		{640, 426, 640, 426},
		{1, 1, 360, 360},
		{3, 900, 3, 900},
		{900, 3, 900, 3},
		{2000, 1500, 1280, 960},
		{1, 5000, 1, 1280},
		{5000, 1, 1280, 1},
		{64, 32, 360, 180},
		{32, 64, 180, 360},
	} {
		for _, tags := range [][]Tag{nil, sample()} {
			m, err := p.Paint(imaging.New(x.w, x.h, green), tags, "nothing")
			if err != nil {
				t.Fatal(err)
			}
			w, h := m.Rect.Dx(), m.Rect.Dy()
			if w != max(x.shownW, 360) || h < x.shownH+20 || h > x.shownH+400 {
				t.Errorf("%dx%d with %d tags gives %dx%d", x.w, x.h, len(tags), w, h)
			}
			left := (w - x.shownW) / 2
			for _, at := range []image.Point{{left, 0}, {left + x.shownW - 1, x.shownH - 1}, {left + x.shownW/2, x.shownH / 2}} {
				if got := m.NRGBAAt(at.X, at.Y); got != green {
					t.Errorf("%dx%d: pixel %v is %v, not the image's", x.w, x.h, at, got)
				}
			}
			if got := m.NRGBAAt(0, h-1); got != panelColor {
				t.Errorf("%dx%d: the panel's corner is %v", x.w, x.h, got)
			}
		}
	}
}

func TestTagsAreLegibleAndWithinThePanel(t *testing.T) {
	p := painter(t)
	if err := p.use(16); err != nil {
		t.Fatal(err)
	}
	const width = 400
	var tags []Tag
	for range 30 {
		tags = append(tags, sample()...)
	}
	l := p.layout(tags, "", width)
	for i, c := range l.chips {
		if c.box.Min.X < 5 || c.box.Max.X > width-5 || c.box.Min.Y < 5 || c.box.Max.Y > l.height-5 {
			t.Errorf("tag %d: box %v of a panel %dx%d", i, c.box, width, l.height)
		}
		if end := c.scoreX + measure(p.score, c.score); c.nameX < c.box.Min.X || end > c.box.Max.X || c.baseline > c.box.Max.Y {
			t.Errorf("tag %d: text from %d to %d in box %v", i, c.nameX, end, c.box)
		}
		if i > 0 && !c.box.Intersect(l.chips[i-1].box).Empty() {
			t.Errorf("tags %d and %d overlap", i-1, i)
		}
	}
}

func TestLongNamesEndInAnEllipsis(t *testing.T) {
	p := painter(t)
	if err := p.use(16); err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("Größe ", 30)
	got := shorten(p.name, name, 200)
	stem, cut := strings.CutSuffix(got, "…")
	if !cut || !strings.HasPrefix(name, stem) || measure(p.name, got) > 200 || measure(p.name, got) < 180 {
		t.Errorf("%q, %d pixels", got, measure(p.name, got))
	}
	if got := shorten(p.name, "cat", 200); got != "cat" {
		t.Errorf("%q", got)
	}
}

func TestNamesThatTheFontCannotDrawHaveAnother(t *testing.T) {
	p := painter(t)
	for _, x := range []struct{ name, instead, want string }{
		{"Straße, Ünïcöde & co.", "class 1", "Straße, Ünïcöde & co."},
		{"кошка", "class 1", "кошка"},
		{"猫", "class 1", "class 1"},
		{"a cat, 猫", "class 1", "class 1"},
		{"猫", "", "猫"},
		{"line\nend", "class 1", "line end"},
	} {
		if got := p.text(Tag{Name: x.name, Instead: x.instead}); got != x.want {
			t.Errorf("%q is drawn as %q, want %q", x.name, got, x.want)
		}
	}
}

func TestOnlyAScoreOfOneIsAHundredPercent(t *testing.T) {
	for score, want := range map[float32]string{1: "100.0%", 0.99999: "99.9%", 0.9996: "99.9%", 0.97312: "97.3%", 0.9989: "99.9%", 0.5: "50.0%", 0: "0.0%"} {
		if got := percent(score); got != want {
			t.Errorf("%v: %s, want %s", score, got, want)
		}
	}
}

func TestNoTwoImagesGetTheSameName(t *testing.T) {
	got := Names([]string{"x/a.jpg", "x/a.png", "y/A.JPG", "a-2.jpg", "a.b.gif", "a", ".jpg", "x/a.jpg"})
	want := []string{"a.jpg", "a-3.jpg", "A-4.jpg", "a-2.jpg", "a.b.jpg", "a-5.jpg", ".jpg.jpg", "a-6.jpg"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	many := make([]string, 20_000)
	for i := range many {
		many[i] = "d/img.png"
	}
	names := Names(many)
	slices.Sort(names)
	if n := len(slices.Compact(names)); n != len(many) {
		t.Errorf("%d names for %d images", n, len(many))
	}
}
