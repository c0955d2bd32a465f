package prior

import (
	"encoding/json"
	"testing"
)

func TestSavedMeanContinuesToTheBit(t *testing.T) {
	logits := []float32{0.3, -1.7, 2.9, 0.001, -0.2, 5}
	whole, part, resumed := NewMean(3), NewMean(3), NewMean(3)
	add := func(m *Mean, z []float32) {
		t.Helper()
		if err := m.Add(z); err != nil {
			t.Fatal(err)
		}
	}
	add(whole, logits)
	add(part, logits[:3])
	text, err := json.Marshal(part.Save())
	if err != nil {
		t.Fatal(err)
	}
	var s Saved
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if err := resumed.Restore(s); err != nil {
		t.Fatal(err)
	}
	add(resumed, logits[3:])
	names := []string{"a", "b", "c"}
	want, _ := whole.Prior(names)
	got, err := resumed.Prior(names)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Avg {
		if got.Avg[i] != want.Avg[i] {
			t.Errorf("class %d: %v, want %v", i, got.Avg[i], want.Avg[i])
		}
	}
	if err := NewMean(2).Restore(s); err == nil {
		t.Error("a state of three classes was taken for two")
	}
}
