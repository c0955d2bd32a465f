package garbage

import "testing"

func TestHooksAreCalledWhereTheyAreThere(t *testing.T) {
	Hooks{}.CollectNow()
	Hooks{}.LimitNow()()
	var calls []string
	note := func(s string) func() { return func() { calls = append(calls, s) } }
	h := Hooks{Collect: note("collect"), Limit: func() func() { note("limit")(); return note("restore") }}
	h.CollectNow()
	restore := h.LimitNow()
	h.LimitNow()()
	restore()
	want := []string{"collect", "limit", "limit", "restore", "restore"}
	if len(calls) != len(want) {
		t.Fatalf("%v, want %v", calls, want)
	}
	for i := range want {
		if calls[i] != want[i] {
			t.Errorf("%v, want %v", calls, want)
		}
	}
}
