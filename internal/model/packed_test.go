package model

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"csl/internal/kernel"
)

// memorySource is a PackedSource of packed tensors and the weights that they were packed from.
type memorySource struct {
	w      *Weights
	packed []PackedTensor
	taken  int // packed tensors that were asked for and there
	read   int // tensors that were not
}

func (s *memorySource) Packed(name string, layout kernel.PackedLayout) ([]float32, error) {
	for _, p := range s.packed {
		if p.Name == name && p.Layout == layout {
			s.taken++
			return p.Data, nil
		}
	}
	return nil, nil
}

func (s *memorySource) Read(name string, dst []float32) error {
	_, data, ok := s.w.Get(name)
	if !ok || copy(dst, data) != len(dst) {
		return errors.New("no such tensor")
	}
	s.read++
	return nil
}

// packedWeights are weights of which s has the large tensors.
func packedWeights(t *testing.T, s *memorySource) *Weights {
	t.Helper()
	w, err := NewPackedWeights(s.w.Spec(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range w.Entries() {
		if !w.InMemory(e) {
			continue
		}
		shape, data, _ := s.w.Get(e.Name)
		if err := w.Set(e.Name, shape, data); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func TestPackedWeightsGiveTheSameLogitsForAnySize(t *testing.T) {
	be, w := newCPU(t, 2), initialised(t)
	packed, err := Pack(be, w, 1, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][3]int{{1, 64, 64}, {3, 64, 64}, {1, 32, 96}} {
		src := &memorySource{w: w, packed: packed}
		want := forward(t, inferNet(t, NewNets(be, w, nil, nil), size[0], size[1], size[2]))
		got := forward(t, inferNet(t, NewNets(be, packedWeights(t, src), nil, nil), size[0], size[1], size[2]))
		if !slices.Equal(got, want) {
			t.Errorf("%v: other logits", size)
		}
		if size == [3]int{1, 64, 64} && (src.taken != len(packed) || src.read != 0) {
			t.Errorf("%d of %d packed tensors taken, %d others read", src.taken, len(packed), src.read)
		}
	}
	none := &memorySource{w: w}
	want := forward(t, inferNet(t, NewNets(be, w, nil, nil), 1, 64, 64))
	if !slices.Equal(forward(t, inferNet(t, NewNets(be, packedWeights(t, none), nil, nil), 1, 64, 64)), want) || none.read != len(packed) {
		t.Errorf("nothing packed: other logits, or %d tensors read instead of %d", none.read, len(packed))
	}
}

func TestPackedWeightsAreForInferenceOnly(t *testing.T) {
	be, w := newCPU(t, 1), initialised(t)
	p := packedWeights(t, &memorySource{w: w})
	_, evaluation := NewEvalNet(be, p, Options{Batch: 1, Height: 32, Width: 32})
	_, training := NewTrainNet(be, p, Options{Batch: 2, Height: 32, Width: 32}, defaultLoss(t))
	shape, data, _ := w.Get("body.conv1.0.weight")
	for what, err := range map[string]error{
		"evaluation": evaluation, "training": training, "copy": w.CopyFrom(p), "set": p.Set("body.conv1.0.weight", shape, data),
	} {
		if !errors.Is(err, errPackedOnly) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPackedWeightsOfAnotherLengthAreAnError(t *testing.T) {
	be, w := newCPU(t, 1), initialised(t)
	packed, err := Pack(be, w, 1, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	packed[0].Data = packed[0].Data[1:]
	_, err = NewNets(be, packedWeights(t, &memorySource{w: w, packed: packed}), nil, nil).Infer(1, 32, 32)
	if err == nil || !strings.Contains(err.Error(), packed[0].Name) {
		t.Errorf("error %v", err)
	}
}
