package onnx

import (
	"testing"

	"csl/internal/model"
)

// Whatever the texts and the size are, the file is a protobuf message that
// gives them back.
func FuzzMetadata(f *testing.F) {
	f.Add("csl 1.0", "csl.classes", `[{"name":"cat"}]`, 64, 0)
	f.Add("", "", "\x00\xff", -1, 1<<40)
	w := weights(f, model.PlainHead)
	f.Fuzz(func(t *testing.T, version, key, text string, height, width int) {
		file := decode(t, encode(t, w, Options{Version: version, Metadata: map[string]string{key: text}, Height: height, Width: width}))
		if got := string(one(t, file, modelProducerVersion).bytes); got != version {
			t.Errorf("version %q, want %q", got, version)
		}
		entry := decode(t, one(t, file, modelMetadata).bytes)
		if k, v := string(one(t, entry, entryKey).bytes), string(one(t, entry, entryValue).bytes); k != key || v != text {
			t.Errorf("%q: %q, want %q: %q", k, v, key, text)
		}
	})
}
