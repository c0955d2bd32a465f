package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"path"
	"slices"
	"strings"

	"csl/internal/dataset"
	"csl/internal/labels"
)

// sightings are the contents of the images so far, over all splits.
type sightings struct {
	files map[[sha256.Size]byte]finding
	near  []sighting
	bands [lookBands]map[uint64][]int // numbers in near by a part of their hash
}

type sighting struct {
	look  uint64
	image finding
}

// Two images look alike if their hashes differ in at most mostBits bits: then at least one of lookBands bands is equal.
// Images with less structure than leastBits are not compared, as plain ones are all alike.
const (
	mostBits  = 4
	lookBands = mostBits + 1
	bandBits  = 13
	leastBits = 8
)

// alike is an earlier image that looks like this one, if there is one; then this one is kept.
func (s *sightings) alike(look uint64, image finding) (earlier finding, found bool) {
	if n := bits.OnesCount64(look); n < leastBits || n > 64-leastBits {
		return finding{}, false
	}
	closest := mostBits + 1
	for b := range s.bands {
		band := look >> (b * bandBits) & (1<<bandBits - 1)
		for _, k := range s.bands[b][band] {
			if d := bits.OnesCount64(s.near[k].look ^ look); d < closest {
				closest, earlier = d, s.near[k].image
			}
		}
		if s.bands[b] == nil {
			s.bands[b] = map[uint64][]int{}
		}
		s.bands[b][band] = append(s.bands[b][band], len(s.near))
	}
	s.near = append(s.near, sighting{look, image})
	return earlier, closest <= mostBits
}

// checkContents looks for the same content twice and for unusual sizes.
func (o *checkOptions) checkContents(ctx context.Context, d dataset.Options, split *dataset.Split, seen *sightings) error {
	task := o.display.Start("reading "+d.Split+" images", "img", int64(split.Set.Len()))
	contents, err := split.Contents(ctx, d.Workers, d.Decode, o.near, func() { task.Add(1) })
	task.Done()
	if err != nil {
		return err
	}
	for i, c := range contents {
		now := finding{foundSameContent, d.Split, split.Set.ImageName(i), ""}
		if c.Err != nil {
			o.found = append(o.found, finding{foundUnusable, d.Split, now.Name, c.Err.Error()})
			continue
		}
		first, twice := seen.files[c.Sum]
		if !twice {
			seen.files[c.Sum] = now
			if !o.near {
				continue
			}
			if first, twice = seen.alike(c.Look, now); !twice {
				continue
			}
			now.Kind = foundNearContent
		} else if first.Split != now.Split {
			now.Kind = foundLeak
		}
		now.Detail = fmt.Sprintf("%s image %q", first.Split, first.Name)
		o.found = append(o.found, now)
	}
	o.checkSizes(d.Split, split.Set, contents)
	return nil
}

// What is unusual: sides that are this many times as long or as short as the median, and images that are this many
// times as long as they are wide.
const (
	oddScale  = 8
	oddAspect = 5
)

// checkSizes looks for images much larger, smaller or longer than the others.
func (o *checkOptions) checkSizes(split string, set *labels.Set, contents []dataset.Content) {
	var sides []int
	for _, c := range contents {
		if c.Width > 0 {
			sides = append(sides, min(c.Width, c.Height))
		}
	}
	if len(sides) == 0 {
		return
	}
	slices.Sort(sides)
	median := sides[len(sides)/2]
	for i, c := range contents {
		short, long := min(c.Width, c.Height), max(c.Width, c.Height)
		if short > 0 && (long > oddAspect*short || short*oddScale < median || short > oddScale*median) {
			o.found = append(o.found, finding{foundOddSize, split, set.ImageName(i), fmt.Sprintf("%dx%d pixels; the shorter side of most is about %d", c.Width, c.Height, median)})
		}
	}
}

// checkNames looks for names of images that differ in case, spaces or extension only.
func (o *checkOptions) checkNames(split string, set *labels.Set) {
	first := make(map[string]int, set.Len())
	for i := range set.Len() {
		name := set.ImageName(i)
		key := strings.ToLower(strings.Join(strings.Fields(strings.TrimSuffix(name, path.Ext(name))), " "))
		if earlier, twice := first[key]; twice {
			o.found = append(o.found, finding{foundSpellings, split, name, fmt.Sprintf("%q differs in case, spaces or extension only", set.ImageName(earlier))})
			continue
		}
		first[key] = i
	}
}

// checkNotes takes what the reader of the labels found, and logs what is not a fault.
func (o *checkOptions) checkNotes(split string, report *labels.Report) {
	for _, note := range report.Notes {
		kind := ""
		switch note.Kind {
		case labels.Contradictions:
			kind = foundContradicted
		case labels.SimilarNames:
			kind = string(labels.SimilarNames)
		}
		for _, example := range note.Examples {
			if kind != "" {
				o.found = append(o.found, finding{kind, split, example, ""})
			}
		}
		switch { // opening the images has logged it
		case kind != "" || !o.noImages:
		case note.Kind.IsWarning():
			o.log().Warn(split + " labels: " + note.String())
		default:
			o.log().Info(split + " labels: " + note.String())
		}
	}
}
