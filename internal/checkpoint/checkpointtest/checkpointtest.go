// Package checkpointtest makes small checkpoints for tests, for images of fixture.Size. Nothing but tests may
// import it.
package checkpointtest

import (
	"io"
	"path/filepath"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/fixture"
	"csl/internal/model"
	"csl/internal/safefile"
)

// Checkpoint writes random weights of a small model with these classes, which its metadata names, and
// returns the path. change, unless nil, sees the weights first, about the metadata.
func Checkpoint(t testing.TB, classes []string, change func(w *model.Weights), about ...func(*checkpoint.Meta)) string {
	t.Helper()
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		t.Fatal(err)
	}
	spec.Planes, spec.NumClasses = 4, len(classes)
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	w.Init(3)
	if change != nil {
		change(w)
	}
	meta := checkpoint.Meta{Version: "test", Spec: spec, Input: &checkpoint.Input{Height: fixture.Size, Width: fixture.Size, Interpolation: "bilinear"}}
	for _, c := range classes {
		meta.Classes = append(meta.Classes, checkpoint.Class{Name: c})
	}
	for _, f := range about {
		f(&meta)
	}
	table, err := meta.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return writeCheckpoint(t, w, table)
}

// Bare writes random weights for that number of classes and nothing about them.
func Bare(t testing.TB, classes int) string {
	t.Helper()
	return Tiny(t, classes, nil)
}

// Tiny writes random weights of the smallest model for that number of classes, with more tensors where given, and
// returns the path. The metadata, unless nil, gets the model.
func Tiny(t testing.TB, classes int, meta *checkpoint.Meta, more ...checkpoint.Out) string {
	t.Helper()
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		t.Fatal(err)
	}
	spec.NumClasses = classes
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	w.Init(3)
	var table map[string]string
	if meta != nil {
		meta.Spec = spec
		if table, err = meta.Encode(); err != nil {
			t.Fatal(err)
		}
	}
	return writeCheckpoint(t, w, table, more...)
}

func writeCheckpoint(t testing.TB, w *model.Weights, table map[string]string, more ...checkpoint.Out) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	err := safefile.Write(safefile.OS(), path, func(out io.Writer) error {
		return checkpoint.WriteSafetensors(out, append(checkpoint.Tensors(w), more...), table)
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}
