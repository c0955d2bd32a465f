package checkpoint

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"csl/internal/model"
)

// BenchmarkReadModel is what start-up pays for a TResNet-M in each format.
func BenchmarkReadModel(b *testing.B) {
	spec, err := model.Lookup("tresnet_m")
	if err != nil {
		b.Fatal(err)
	}
	spec.NumClasses = 80
	w, err := model.NewWeights(spec)
	if err != nil {
		b.Fatal(err)
	}
	for name, write := range map[string]func(o *bytes.Buffer) error{
		"safetensors": func(o *bytes.Buffer) error { return WriteSafetensors(o, Tensors(w), nil) },
		"torch":       func(o *bytes.Buffer) error { return WriteTorch(o, Tensors(w), nil, nil) },
	} {
		var content bytes.Buffer
		if err := write(&content); err != nil {
			b.Fatal(err)
		}
		path := filepath.Join(b.TempDir(), name)
		if err := os.WriteFile(path, content.Bytes(), 0o666); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(content.Len()))
			for b.Loop() {
				if _, _, err := ReadModel(b.Context(), path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
