package annotate

import (
	"fmt"
	"image"
	"math"
	"unicode"

	"golang.org/x/image/font"
)

// layout is where the tags go: positions count from the panel's upper left corner, in pixels.
type layout struct {
	height  int
	chips   []chip
	nothing string // said instead of tags
	at      image.Point
}

// chip is a tag with its place.
type chip struct {
	box         image.Rectangle
	name, score string
	nameX       int
	scoreX      int
	baseline    int
	share       float64 // of the box that is filled: the score
}

// metrics are the distances of a layout, in pixels.
type metrics struct{ margin, gap, padding, between, height, baseline int }

func (p *Painter) metrics() metrics {
	px := func(ems float64) int { return int(math.Round(ems * p.size)) }
	m := metrics{margin: px(0.7), gap: px(0.45), padding: px(0.65), between: px(0.55), height: px(1.8)}
	f := p.name.Metrics()
	capital := f.CapHeight.Round()
	if capital <= 0 {
		capital = px(0.7)
	}
	m.baseline = (m.height + capital) / 2
	return m
}

// layout sets the tags in rows of at most width pixels.
func (p *Painter) layout(tags []Tag, nothing string, width int) layout {
	m := p.metrics()
	room := width - 2*m.margin
	if len(tags) == 0 {
		return layout{
			height: m.height + 2*m.margin, nothing: shorten(p.score, nothing, room),
			at: image.Pt(m.margin, m.margin+m.baseline),
		}
	}
	var l layout
	x, y := m.margin, m.margin
	for _, t := range tags {
		score := percent(t.Score)
		scoreWidth := measure(p.score, score)
		name := shorten(p.name, p.text(t), room-2*m.padding-m.between-scoreWidth)
		nameWidth := measure(p.name, name)
		w := m.padding + nameWidth + m.between + scoreWidth + m.padding
		if x > m.margin && x+w > width-m.margin {
			x, y = m.margin, y+m.height+m.gap
		}
		l.chips = append(l.chips, chip{
			box: image.Rect(x, y, x+w, y+m.height), name: name, score: score,
			nameX: x + m.padding, scoreX: x + m.padding + nameWidth + m.between,
			baseline: y + m.baseline, share: min(max(float64(t.Score), 0), 1),
		})
		x += w + m.gap
	}
	l.height = y + m.height + m.margin
	return l
}

// percent writes a score for people; only 1 itself is 100 %.
func percent(score float32) string {
	tenths := math.Floor(float64(score) * 1000)
	if score < 0.999 {
		tenths = math.Round(float64(score) * 1000)
	}
	return fmt.Sprintf("%.1f%%", tenths/10)
}

// measure is the width of a text in pixels.
func measure(f font.Face, s string) int { return font.MeasureString(f, s).Ceil() }

// shorten cuts a text with an ellipsis where it is wider than room.
func shorten(f font.Face, s string, room int) string {
	if measure(f, s) <= room {
		return s
	}
	letters := []rune(s)
	low, high := 0, len(letters) // the longest beginning that fits, by halving
	for low < high {
		middle := (low + high + 1) / 2
		if measure(f, string(letters[:middle])+"…") <= room {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return string(letters[:low]) + "…"
}

// text is what a tag is called in the image: its name, if the font has all letters of it.
func (p *Painter) text(t Tag) string {
	name := plain(t.Name)
	if t.Instead == "" {
		return name
	}
	for _, letter := range name {
		if glyph, err := p.medium.GlyphIndex(&p.buffer, letter); err != nil || glyph == 0 {
			return plain(t.Instead)
		}
	}
	return name
}

// plain replaces what has no shape: control characters, line ends.
func plain(s string) string {
	letters := []rune(s)
	for i, r := range letters {
		if unicode.IsControl(r) {
			letters[i] = ' '
		}
	}
	return string(letters)
}
