package train

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"

	"csl/internal/images/loader"
	"csl/internal/loss"
	"csl/internal/safefile"
)

// turnedFile holds, in a saved state, the cells that the loss turned.
const turnedFile = "turned.bin"

// turned are the unknown cells that the loss counts as positive for the rest of the run: image times
// classes plus class, 8 bytes each. An image comes once in an epoch, so what a step turns matters from the
// next epoch on. A nil *turned is of a loss that turns none.
type turned struct {
	classes, images int
	cells           []uint64 // ascending
	fresh           []uint64 // of the steps since cells was put in order
	step            []uint64 // of the step that is being computed
	stale           bool     // what was saved is of other data
}

// begin is before a step, and takes back what a step that was cut off turned.
func (t *turned) begin() {
	if t != nil {
		t.step = t.step[:0]
	}
}

// note takes the cells that the loss turned in a batch.
func (t *turned) note(b *loader.Batch, cells []int) {
	if t == nil {
		return
	}
	for _, at := range cells {
		image, class := b.Samples[at/t.classes], at%t.classes
		t.step = append(t.step, uint64(image)*uint64(t.classes)+uint64(class))
	}
}

// finish is after a step.
func (t *turned) finish() {
	if t != nil {
		t.fresh = append(t.fresh, t.step...)
		t.step = t.step[:0]
	}
}

// merge puts the cells in order.
func (t *turned) merge() {
	if t == nil || len(t.fresh) == 0 {
		return
	}
	t.cells = append(t.cells, t.fresh...)
	slices.Sort(t.cells)
	t.fresh = t.fresh[:0]
}

// gather puts the cells in order, those of all ranks on each of them: an image comes to another rank in the next epoch.
func (t *turned) gather(r *ranks) error {
	if t == nil {
		return nil
	}
	if !r.alone() {
		all, err := gatherJSON(r.group, t.fresh)
		if err != nil {
			return err
		}
		t.fresh = slices.Concat(all...)
	}
	t.merge()
	return nil
}

// label labels the cells of the batch that were turned before.
func (t *turned) label(b *loader.Batch, labels []float32) {
	if t == nil {
		return
	}
	classes := uint64(t.classes)
	for i, image := range b.Samples[:b.N] {
		first := uint64(image) * classes
		at, _ := slices.BinarySearch(t.cells, first)
		for ; at < len(t.cells) && t.cells[at] < first+classes; at++ {
			labels[i*t.classes+int(t.cells[at]-first)] = loss.Turned
		}
	}
}

// files is what a saved state holds of it.
func (t *turned) files() []safefile.Part {
	if t == nil {
		return nil
	}
	t.merge()
	return []safefile.Part{{Name: turnedFile, Write: func(w io.Writer) error {
		b := bufio.NewWriter(w)
		var v [8]byte
		for _, cell := range t.cells {
			binary.LittleEndian.PutUint64(v[:], cell)
			if _, err := b.Write(v[:]); err != nil {
				return err
			}
		}
		return b.Flush()
	}}}
}

// restore takes the cells of a saved state.
func (t *turned) restore(g *safefile.Generation) error {
	if t == nil || t.stale {
		return nil
	}
	path := g.Path(turnedFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if len(data)%8 != 0 {
		return fmt.Errorf("%q has %d bytes, not a multiple of 8", path, len(data))
	}
	t.cells = make([]uint64, len(data)/8)
	end := uint64(t.images) * uint64(t.classes)
	for i := range t.cells {
		t.cells[i] = binary.LittleEndian.Uint64(data[8*i:])
		if t.cells[i] >= end || i > 0 && t.cells[i] <= t.cells[i-1] {
			return fmt.Errorf("%q: cell %d of %d is out of order or of no image", path, i, len(t.cells))
		}
	}
	return nil
}
