package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"csl/internal/count"
	"csl/internal/exactjson"
	"csl/internal/kernel"
	"csl/internal/model"
)

// The packed weights of a file are tensors beside the model's, with a table of them in the metadata.
const (
	packedPrefix = "csl.packed."
	keyPacked    = "csl.packed"
	// keyPackedSum is the CRC-32 of the table's text.
	keyPackedSum = "csl.packed_crc32"
)

// packedAlign is what the places of packed weights in the file are multiples of, in bytes: a line of a cache, so that no
// vector straddles two.
const packedAlign = 64

// PackedFor says what packed weights are for.
type PackedFor struct {
	// Revision is [kernel.PackedRevision], Version the csl that packed.
	Revision int    `json:"revision"`
	Version  string `json:"version"`
	// Kernels is the set that computes, such as "avx512".
	Kernels string `json:"kernels"`
}

// Fits says whether weights packed for p can be used by who is o.
func (p PackedFor) Fits(o PackedFor) bool { return p == o }

// String is such as "avx512 kernels of csl 1.0".
func (p PackedFor) String() string {
	s := fmt.Sprintf("%s kernels of %s", p.Kernels, p.Version)
	if p.Revision != kernel.PackedRevision {
		s += fmt.Sprintf(", layouts %d", p.Revision)
	}
	return s
}

// PackedInfo is what a file says of its packed weights.
type PackedInfo struct {
	PackedFor
	// Batch, Height and Width are of the net that they were packed for, in images and pixels. Nets of other sizes
	// use what they want in the same layouts.
	Batch  int `json:"batch"`
	Height int `json:"height"`
	Width  int `json:"width"`
}

// String is such as "1 image of 224x224 pixels, avx512 kernels of csl 1.0".
func (p PackedInfo) String() string {
	return fmt.Sprintf("%s of %dx%d pixels, %s", count.Of(p.Batch, "image"), p.Height, p.Width, p.PackedFor)
}

// packedTable is the metadata of packed weights; entry i lies in tensor packedPrefix+i.
type packedTable struct {
	PackedInfo
	Weights []packedEntry `json:"weights"`
}

// packedEntry is a tensor and the layout that it is packed in.
type packedEntry struct {
	Tensor    string `json:"tensor"`
	Algorithm string `json:"algorithm"`
	Taps      int    `json:"taps"`
	Cin       int    `json:"cin"`
	Cols      int    `json:"cols"`
	Len       int    `json:"len"`
}

func (e packedEntry) layout() kernel.PackedLayout {
	return kernel.PackedLayout{Algorithm: e.Algorithm, Taps: e.Taps, Cin: e.Cin, Cols: e.Cols, Len: e.Len}
}

// packedKey finds packed weights.
type packedKey struct {
	name   string
	layout kernel.PackedLayout
}

// Packed is the packed weights of an open file, in the order of the file.
type Packed struct {
	PackedInfo
	keys    []packedKey
	tensors []*Tensor
}

// Packed is the packed weights beside the model's tensors; nil if the file has none.
func (f *File) Packed() *Packed { return f.packed }

// takePacked takes the packed weights out of tensors and checks their table: every entry has its tensor inside the
// file and a sum to compare it with.
func (f *File) takePacked(tensors []*Tensor, meta map[string]string) ([]*Tensor, error) {
	text := meta[keyPacked]
	if text == "" {
		return tensors, nil
	}
	if sum := fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))); meta[keyPackedSum] != sum {
		return nil, fmt.Errorf("metadata %s is damaged: its CRC-32 is %s, but the file says %q", keyPacked, sum, meta[keyPackedSum])
	}
	var table packedTable
	if err := exactjson.Unmarshal([]byte(text), &table); err != nil {
		return nil, fmt.Errorf("metadata %s: %w", keyPacked, err)
	}
	byName := map[string]*Tensor{}
	var rest []*Tensor
	for _, t := range tensors {
		if strings.HasPrefix(t.Name, packedPrefix) {
			byName[t.Name] = t
		} else {
			rest = append(rest, t)
		}
	}
	if len(byName) != len(table.Weights) {
		return nil, fmt.Errorf("metadata %s lists %d packed weights, but the file has %d", keyPacked, len(table.Weights), len(byName))
	}
	p := &Packed{PackedInfo: table.PackedInfo}
	seen := map[packedKey]bool{}
	for i, e := range table.Weights {
		t := byName[packedName(i)]
		if err := e.check(t); err != nil {
			return nil, fmt.Errorf("packed weights %d: %w", i, err)
		}
		key := packedKey{e.Tensor, e.layout()}
		if seen[key] {
			return nil, fmt.Errorf("packed weights %d: %q is there twice", i, e.Tensor)
		}
		seen[key] = true
		p.keys, p.tensors = append(p.keys, key), append(p.tensors, t)
	}
	f.packed = p
	return rest, nil
}

// packedName is the name of the tensor of entry i.
func packedName(i int) string { return fmt.Sprintf("%s%d", packedPrefix, i) }

// check compares an entry with its tensor.
func (e packedEntry) check(t *Tensor) error {
	switch {
	case t == nil:
		return errors.New("their tensor is missing")
	case t.DType != F32:
		return fmt.Errorf("they are %s, not F32", t.Type())
	case e.Len < 1 || e.Len > t.Len():
		return fmt.Errorf("the table says %d values, the tensor has %d", e.Len, t.Len())
	case t.storage.sum == nil:
		return errors.New("they have no CRC-32")
	case t.storage.at%packedAlign != 0:
		return fmt.Errorf("they begin at byte %d, which is no multiple of %d", t.storage.at, packedAlign)
	}
	return nil
}

// PackedModel makes the weights of inference nets that take their constant weights packed from the file, and what it
// lacks in their layouts from its tensors. The file must stay open, and the returned source until nobody uses the
// weights any more; Close it before the file.
func (sd *StateDict) PackedModel(ctx context.Context, lenient bool) (*model.Weights, *PackedSource, *Diff, error) {
	src, err := sd.openPacked()
	if err != nil {
		return nil, nil, nil, err
	}
	w, diff, err := sd.model(ctx, lenient, func() (*model.Weights, error) { return model.NewPackedWeights(sd.Spec, src) })
	if err != nil {
		return nil, nil, diff, errors.Join(err, src.Close())
	}
	return w, src, diff, nil
}
