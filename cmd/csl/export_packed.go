package main

import (
	"fmt"
	"io"

	"csl/internal/checkpoint"
	"csl/internal/count"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/safefile"
)

// checkPacked reads the flags of packed weights and refuses them for other formats.
func (o *exportOptions) checkPacked(to string) error {
	if to != toPacked && (o.batch != 1 || o.inputSize != "") {
		return usagef("--batch_size and --image_size are for --to %s", toPacked)
	}
	if o.batch < 1 {
		return usagef("--batch_size %d: must be at least 1", o.batch)
	}
	var err error
	if o.model.Height, o.model.Width, err = parseSize(o.inputSize); err != nil {
		return usagef("--image_size: %w", err)
	}
	return nil
}

// writePacked packs the weights for this machine and writes them beside the tensors.
func (o *exportOptions) writePacked(m *modelfile.Model, meta *checkpoint.Meta) error {
	on, err := packedFor()
	if err != nil {
		return err
	}
	be, err := o.startCPU()
	if err != nil {
		return err
	}
	defer be.Close()
	info := checkpoint.PackedInfo{PackedFor: *on, Batch: o.batch, Height: m.Input.Height, Width: m.Input.Width}
	packed, err := model.Pack(be, m.Weights, info.Batch, info.Height, info.Width)
	if err != nil {
		return err
	}
	table, err := meta.Encode()
	if err != nil {
		return err
	}
	if err := safefile.Write(o.fs, o.path, func(out io.Writer) error {
		return checkpoint.WritePacked(out, m.Weights, packed, info, table)
	}); err != nil {
		return err
	}
	spec := m.Weights.Spec()
	_, err = fmt.Fprintf(o.out, "%s: %s, %s, %s for %v\n", o.path, spec.Name, count.Of(spec.NumClasses, "class"), toPacked, info)
	return err
}
