package memory

import "testing"

func TestMemoryWithLargePagesKeepsItsValuesAndThoseOfItsNeighbours(t *testing.T) {
	LargePages([]float32(nil))
	var all [][]float32
	for i := range 12 {
		v := make([]float32, 100<<10)
		LargePages(v)
		for j := range v {
			if v[j] != 0 {
				t.Fatalf("element %d of new memory %d is %g, want 0", j, i, v[j])
			}
			v[j] = float32(i)
		}
		all = append(all, v)
	}
	for i, v := range all {
		LargePages(v)
		for j := range v {
			if v[j] != float32(i) {
				t.Fatalf("element %d of memory %d is %g, want %d", j, i, v[j], i)
			}
		}
	}
}
