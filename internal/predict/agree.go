package predict

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"csl/internal/dist"
	"csl/internal/model"
)

// Agree fails on all ranks unless they have the same weights.
func Agree(g dist.Group, w *model.Weights) error {
	if g.Size() == 1 {
		return nil
	}
	h := sha256.New()
	var buf []byte
	for _, p := range slices.Concat(w.Params(), w.Buffers()) {
		buf = buf[:0]
		for _, v := range p.Data {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		_, _ = h.Write(buf) // a hash takes everything
	}
	return dist.Agree(g, "the weights", h.Sum(nil))
}
