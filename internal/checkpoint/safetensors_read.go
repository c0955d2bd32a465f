package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"

	"csl/internal/exactjson"
)

// maxHeader is the longest safetensors header, as in the reference library.
const maxHeader = 100_000_000

// metaKey is the header's entry that is not a tensor.
const metaKey = "__metadata__"

// stTensor is a tensor's entry of the header.
type stTensor struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`

	name string
}

// loadSafetensors reads the header: 8 bytes of length, JSON, then the data, in
// which the tensors must lie without gaps or overlaps.
func (f *File) loadSafetensors(r io.ReaderAt) error {
	header, err := readHeader(r, f.Size)
	if err != nil {
		return err
	}
	entries, meta, err := parseHeader(header)
	if err != nil {
		return err
	}
	f.Meta = meta
	start := 8 + int64(len(header))
	data := f.Size - start
	if err := checkLayout(entries, data); err != nil {
		return err
	}
	var tensors []*Tensor
	for _, e := range entries {
		t, err := e.tensor(r, start)
		if err != nil {
			return err
		}
		tensors = append(tensors, t)
	}
	if err := addSums(tensors, meta); err != nil {
		return err
	}
	if tensors, err = f.takePacked(tensors, meta); err != nil {
		return err
	}
	if len(tensors) == 0 {
		return errors.New("it holds no tensors")
	}
	return f.findModels([]tensorTable{{tensors: tensors}})
}

// readHeader reads the JSON part.
func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	var prefix [8]byte
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, fmt.Errorf("the header is cut off: %w", err)
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > maxHeader {
		return nil, fmt.Errorf("it claims a header of %d bytes; at most %d are allowed", n, maxHeader)
	}
	if int64(n) > size-8 {
		return nil, fmt.Errorf("it claims a header of %d bytes, but the file has only %d: it is cut off", n, size)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil {
		return nil, fmt.Errorf("the header is cut off: %w", err)
	}
	return header, nil
}

// parseHeader reads entries in the order of the header, and the metadata.
func parseHeader(header []byte) ([]stTensor, map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader(header))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, errors.New("the header is not a JSON object")
	}
	var entries []stTensor
	meta := map[string]string{}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return nil, nil, fmt.Errorf("the header is damaged: %w", jsonError(err))
		}
		if seen[name] {
			return nil, nil, fmt.Errorf("the header names %q twice", name)
		}
		seen[name] = true
		if name == metaKey {
			if err := d.Decode(&meta); err != nil {
				return nil, nil, fmt.Errorf("the metadata is damaged: %w", jsonError(err))
			}
			continue
		}
		e := stTensor{name: name, Offsets: [2]int64{-1, -1}}
		if err := exactjson.Decode(d, &e); err != nil {
			return nil, nil, fmt.Errorf("the header's entry of %q is damaged: %w", name, jsonError(err))
		}
		if entries = append(entries, e); len(entries) > maxEntries {
			return nil, nil, fmt.Errorf("the header lists more than %d tensors", maxEntries)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, fmt.Errorf("the header is damaged: %w", jsonError(err))
	}
	if rest := bytes.TrimRight(header[d.InputOffset():], " \t\r\n\x00"); len(rest) > 0 {
		return nil, nil, errors.New("the header is damaged: something follows its end")
	}
	return entries, meta, nil
}

// jsonError names an unexpected end as such.
func jsonError(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// checkLayout makes sure that the tensors cover data bytes exactly once.
func checkLayout(entries []stTensor, data int64) error {
	order := make([]*stTensor, len(entries))
	for i := range entries {
		order[i] = &entries[i]
	}
	sort.SliceStable(order, func(i, j int) bool {
		a, b := order[i].Offsets, order[j].Offsets
		return a[0] < b[0] || a[0] == b[0] && a[1] < b[1]
	})
	end := int64(0)
	for _, e := range order {
		switch {
		case e.Offsets[0] < 0 || e.Offsets[1] < e.Offsets[0]:
			return fmt.Errorf("tensor %q has the impossible offsets %v", e.name, e.Offsets)
		case e.Offsets[0] < end:
			return fmt.Errorf("tensor %q overlaps another: it begins at %d, before %d", e.name, e.Offsets[0], end)
		case e.Offsets[0] > end:
			return fmt.Errorf("%d unused bytes lie before tensor %q", e.Offsets[0]-end, e.name)
		case e.Offsets[1] > data:
			return fmt.Errorf("tensor %q ends at %d, but there are only %d bytes of data: the file is cut off", e.name, e.Offsets[1], data)
		}
		end = e.Offsets[1]
	}
	if end != data {
		return fmt.Errorf("%d bytes follow the last tensor", data-end)
	}
	return nil
}

// tensor makes the entry readable; start is where the file's data begins.
func (e *stTensor) tensor(r io.ReaderAt, start int64) (*Tensor, error) {
	dtype, known := dtypeByName(e.DType)
	bytes := e.Offsets[1] - e.Offsets[0]
	t := &Tensor{
		Name: e.name, Stored: e.name, Shape: e.Shape, DType: dtype, TypeName: e.DType,
		storage: &region{data: io.NewSectionReader(r, start+e.Offsets[0], bytes), at: start + e.Offsets[0], size: bytes, what: fmt.Sprintf("tensor %q", e.name)},
	}
	if !known { // of a later version of the format: to be skipped
		t.storageLen = math.MaxInt64
		return t, t.check()
	}
	t.storageLen = bytes / int64(dtype.Size())
	if err := t.check(); err != nil {
		return nil, err
	}
	if want := int64(t.Len()) * int64(dtype.Size()); want != bytes {
		return nil, fmt.Errorf("tensor %q of shape %v and type %v needs %d bytes, but has %d", e.name, e.Shape, dtype, want, bytes)
	}
	return t, nil
}

// addSums gives the regions of tensors the sums that csl wrote. A tensor that
// has none, or that was renamed, is not compared.
func addSums(tensors []*Tensor, meta map[string]string) error {
	text := meta[keySums]
	if text == "" {
		return nil
	}
	var sums map[string]string
	if err := exactjson.Unmarshal([]byte(text), &sums); err != nil {
		return fmt.Errorf("metadata %s: %w", keySums, err)
	}
	for _, t := range tensors {
		text, ok := sums[t.Stored]
		if !ok {
			continue
		}
		v, err := strconv.ParseUint(text, 16, 32)
		if err != nil {
			return fmt.Errorf("metadata %s: sum %q of tensor %q", keySums, text, t.Stored)
		}
		sum := uint32(v)
		t.storage.sum = &sum
		t.storage.what = fmt.Sprintf("tensor %q (or changed by a program that kept csl's metadata: drop its entry %q)", t.Stored, keySums)
	}
	return nil
}
