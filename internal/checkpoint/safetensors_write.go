package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"sort"
)

// WriteSafetensors writes a safetensors file: float32 and int64 tensors and a
// table of strings. Beside csl's metadata it stores the CRC-32 of every tensor,
// for which tensors are made twice. Equal input gives equal bytes: int64 tensors come first
// (so that every tensor is aligned to its element size), otherwise the order
// is that of tensors; metadata is sorted by key. Use it with safefile.Write.
func WriteSafetensors(w io.Writer, tensors []Out, meta map[string]string) error {
	if err := writeSafetensors(w, tensors, meta); err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	return nil
}

func writeSafetensors(w io.Writer, tensors []Out, meta map[string]string) error {
	if err := checkOuts(tensors); err != nil {
		return err
	}
	order := append([]Out(nil), tensors...)
	sort.SliceStable(order, func(i, j int) bool {
		if a, b := order[i].packed(), order[j].packed(); a || b {
			return a && !b
		}
		return order[i].dtype().Size() > order[j].dtype().Size()
	})
	meta, err := withSums(order, meta)
	if err != nil {
		return err
	}
	header, err := encodeHeader(order, meta)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	if _, err := b.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := b.Write(header); err != nil {
		return err
	}
	for i := range order {
		if err := order[i].writeTo(b); err != nil {
			return err
		}
	}
	return b.Flush()
}

// withSums adds the sums of tensors to csl's metadata; other tables stay as
// they are.
func withSums(tensors []Out, meta map[string]string) (map[string]string, error) {
	if meta[keySpec] == "" {
		return meta, nil
	}
	sums := make(map[string]string, len(tensors))
	for i := range tensors {
		sum := crc32.NewIEEE()
		if err := tensors[i].writeTo(sum); err != nil {
			return nil, err
		}
		sums[tensors[i].Name] = fmt.Sprintf("%08x", sum.Sum32())
	}
	text, err := marshal(sums)
	if err != nil {
		return nil, err
	}
	meta = maps.Clone(meta)
	meta[keySums] = string(text)
	return meta, nil
}

// headerWriter builds the JSON by hand, since the order of keys matters.
type headerWriter struct{ b bytes.Buffer }

func (h *headerWriter) put(key string, value any) error {
	k, err := marshal(key)
	if err != nil {
		return err
	}
	v, err := marshal(value)
	if err != nil {
		return err
	}
	sep := byte(',')
	if h.b.Len() == 0 {
		sep = '{'
	}
	h.b.WriteByte(sep)
	h.b.Write(k)
	h.b.WriteByte(':')
	h.b.Write(v)
	return nil
}

// end closes the object and pads it so that the data, behind 8 bytes of length, begins at a multiple of align.
func (h *headerWriter) end(align int) []byte {
	if h.b.Len() == 0 {
		h.b.WriteByte('{')
	}
	h.b.WriteByte('}')
	for (8+h.b.Len())%align != 0 {
		h.b.WriteByte(' ')
	}
	return h.b.Bytes()
}

func encodeHeader(tensors []Out, meta map[string]string) ([]byte, error) {
	var h headerWriter
	if len(meta) > 0 {
		if err := h.put(metaKey, meta); err != nil {
			return nil, err
		}
	}
	at := int64(0)
	for i := range tensors {
		t := &tensors[i]
		end := at + t.bytes()
		shape := append([]int{}, t.Shape...) // a scalar's is [], not null
		if err := h.put(t.Name, stTensor{DType: t.dtype().String(), Shape: shape, Offsets: [2]int64{at, end}}); err != nil {
			return nil, err
		}
		at = end
	}
	align := 8
	if len(tensors) > 0 && tensors[0].packed() {
		align = packedAlign
	}
	header := h.end(align)
	if len(header) > maxHeader {
		return nil, fmt.Errorf("the header would have %d bytes; at most %d are allowed", len(header), maxHeader)
	}
	return header, nil
}

// marshal encodes without escaping <, > and &; maps come sorted by key.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
