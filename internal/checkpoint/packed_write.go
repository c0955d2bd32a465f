package checkpoint

import (
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"strings"

	"csl/internal/model"
)

// WritePacked writes a safetensors file of the weights, and beside them the same weights as Pack packed them for what info
// says. Programs that know nothing of that read it as any other; see [WriteSafetensors].
func WritePacked(out io.Writer, w *model.Weights, packed []model.PackedTensor, info PackedInfo, meta map[string]string) error {
	table := packedTable{PackedInfo: info}
	var tensors []Out
	for i, p := range packed {
		l := p.Layout
		table.Weights = append(table.Weights, packedEntry{Tensor: p.Name, Algorithm: l.Algorithm, Taps: l.Taps, Cin: l.Cin, Cols: l.Cols, Len: l.Len})
		whole := (l.Len + packedAlign/4 - 1) / (packedAlign / 4) * (packedAlign / 4)
		tensors = append(tensors, Out{Name: packedName(i), Shape: []int{whole}, Floats: func() []float32 {
			return append(p.Data[:l.Len:l.Len], make([]float32, whole-l.Len)...)
		}})
	}
	text, err := marshal(table)
	if err != nil {
		return fmt.Errorf("write packed weights: %w", err)
	}
	meta = maps.Clone(meta)
	meta[keyPacked], meta[keyPackedSum] = string(text), fmt.Sprintf("%08x", crc32.ChecksumIEEE(text))
	return WriteSafetensors(out, append(tensors, Tensors(w)...), meta)
}

// packed is whether o is packed weights, which come first and at multiples of packedAlign.
func (o *Out) packed() bool { return strings.HasPrefix(o.Name, packedPrefix) }
