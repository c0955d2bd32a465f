package simd

import "testing"

func TestFewRowsAreComputedInVain(t *testing.T) { onEachSet(t, testFewRowsAreComputedInVain) }

func testFewRowsAreComputedInVain(t *testing.T, isa simdSet) {
	s := isa.simd
	most := s.short - 1
	if s.mr%s.short != 0 {
		most = 1 // multiples of both add up to every larger even number
	}
	for rows := 1; rows < 300; rows++ {
		full, tiled := s.fullRows(rows), s.tiledRows(rows)
		if full < 0 || full > rows || full < rows && full%s.mr != 0 {
			t.Fatalf("%d rows: %d of them in tiles of %d", rows, full, s.mr)
		}
		if waste := tiled - rows; waste < 0 || waste >= s.short || rows >= 8 && waste > most {
			t.Errorf("%d rows: %d in tiles of %d, %d computed in all", rows, full, s.mr, tiled)
		}
	}
}

// Every row of a table is where the kernels look for it, whichever tile it is in.
func TestTablesHoldEveryRowOnce(t *testing.T) { onEachSet(t, testTablesHoldEveryRowOnce) }

func testTablesHoldEveryRowOnce(t *testing.T, isa simdSet) {
	s := isa.simd
	for rows := 1; rows < 60; rows++ {
		table := s.pointTable(rows, 3)
		var got []int32
		for at := 0; at < s.tiledRows(rows); {
			step := s.short
			if at < table.full {
				step = s.mr
			}
			got = append(got, table.off[at:at+step]...)
			at += step
		}
		for i, off := range got {
			want := int32(-1)
			if i < rows {
				want = int32(3 * i)
			}
			if off != want {
				t.Fatalf("%d rows: row %d is at %d, want %d", rows, i, off, want)
			}
		}
	}
}
