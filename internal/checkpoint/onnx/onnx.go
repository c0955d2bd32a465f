// Package onnx writes a TResNet as an ONNX file for inference elsewhere. Batch
// norms are folded into the convolutions; the file needs opset 13 and nothing
// beyond the standard operators. The wire format of protobuf is written by
// hand (proto.go), so no generated code and no library is needed. Reading is
// not here.
package onnx

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"csl/internal/model"
)

const (
	irVersion = 7  // of ONNX 1.7, the oldest that goes with the opset
	opset     = 13 // of ONNX 1.8
	// maxSize is the longest protobuf message that readers take.
	maxSize = 1<<31 - 1
)

// Options says what the file tells beside the network.
type Options struct {
	// Height and Width fix the input's size in pixels; 0 leaves it open.
	Height, Width int
	// Version is the csl that writes.
	Version string
	// Metadata are the file's properties, such as checkpoint.Meta encodes:
	// class names, preprocessing, thresholds.
	Metadata map[string]string
}

// Write writes the model. Its input "image" is [batch,3,height,width], RGB,
// scaled to 0…1 (and normalised, if the metadata says so); its outputs are
// "logits" and "scores" (their sigmoid), both [batch,classes]. Equal input
// gives equal bytes. Use it with safefile.Write.
func Write(w io.Writer, weights *model.Weights, o Options) error {
	if err := write(w, weights, o); err != nil {
		return fmt.Errorf("write ONNX file: %w", err)
	}
	return nil
}

func write(w io.Writer, weights *model.Weights, o Options) error {
	spec := weights.Spec()
	b := &builder{spec: spec, weights: weights}
	extent := func(n int, name string) any {
		if n > 0 {
			return n
		}
		return name
	}
	b.g.text(graphName, spec.Name)
	b.g.value(graphInput, "image", "batch", 3, extent(o.Height, "height"), extent(o.Width, "width"))
	b.g.value(graphOutput, "logits", "batch", spec.NumClasses)
	b.g.value(graphOutput, "scores", "batch", spec.NumClasses)
	b.model("image")
	if b.err != nil {
		return b.err
	}
	m := &message{}
	m.int(modelIRVersion, irVersion)
	m.text(modelProducer, "csl")
	m.text(modelProducerVersion, o.Version)
	m.sub(modelGraph, &b.g.message)
	set := &message{}
	set.int(opsetVersion, opset)
	m.sub(modelOpset, set)
	var keys []string
	for key := range o.Metadata {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		entry := &message{}
		entry.text(entryKey, key)
		entry.text(entryValue, o.Metadata[key])
		m.sub(modelMetadata, entry)
	}
	if m.size > maxSize {
		return errors.New("the model is larger than the 2 GiB that an ONNX file can hold")
	}
	buffered := bufio.NewWriter(w)
	if err := m.writeTo(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// builder spells the network out. The first error sticks.
type builder struct {
	spec    model.Spec
	weights *model.Weights
	g       graph
	err     error
}

// shape is the extent of a weight in the checkpoint's layout.
func (b *builder) shape(name string) []int {
	for _, e := range b.weights.Entries() {
		if e.Name == name {
			return e.Shape
		}
	}
	if b.err == nil {
		b.err = fmt.Errorf("the model has no tensor %q", name)
	}
	return []int{1, 1, 1, 1}
}

func (b *builder) has(name string) bool {
	return slices.ContainsFunc(b.weights.Entries(), func(e model.Entry) bool { return e.Name == name })
}

// get reads a weight in the checkpoint's layout.
func (b *builder) get(name string) []float32 {
	_, data, _ := b.weights.Get(name)
	return data
}

// weight adds a tensor as a constant.
func (b *builder) weight(name string) string {
	return b.g.floats(name, b.shape(name), func() []float32 { return b.get(name) })
}
