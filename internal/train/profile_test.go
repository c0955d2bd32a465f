package train

import (
	"strings"
	"sync"
	"testing"
	"time"

	"csl/internal/dist"
	"csl/internal/fixture"
)

func TestAProfileCountsTheExchangesOfSteps(t *testing.T) {
	d := fixture.Make(t, 11, 7)
	profiles := make([]*Profile, 2)
	var mu sync.Mutex
	m := team{ranks: 2, alter: func(rank int, o *Options) {
		mu.Lock()
		defer mu.Unlock()
		profiles[rank] = &Profile{}
		o.Profile = profiles[rank]
	}}
	m.must(t, uneven(d, t.TempDir(), "schedule.epochs=2", "loss.mode=selective", "loss.topk=1"))
	for rank, p := range profiles {
		if p.Steps != 5 || p.Ranks != 2 || p.Time <= 0 {
			t.Errorf("rank %d: %+v", rank, p)
		}
		calls := map[string]int64{}
		for _, k := range p.Exchanges {
			calls[k.Purpose] = k.Calls
		}
		if calls[forGradients] != 5 || calls[forLoss] != 5 || calls[forNorms] == 0 || calls[forCells] == 0 || calls[forStops] != 0 {
			t.Errorf("rank %d: calls %v", rank, calls)
		}
	}
}

func TestAProfileIsATableOfMeansPerStep(t *testing.T) {
	p := Profile{Ranks: 4, Steps: 10, Time: time.Second}
	p.add(dist.Kind{Purpose: "gradients", Traffic: dist.Traffic{Calls: 10, Bytes: 40e6, Busy: 80 * time.Millisecond, Wait: 30 * time.Millisecond}})
	p.add(dist.Kind{Purpose: "gradients", Traffic: dist.Traffic{Calls: 10, Busy: 20 * time.Millisecond, Wait: 20 * time.Millisecond}})
	p.add(dist.Kind{Purpose: "stops"})
	var b strings.Builder
	if err := p.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `profile  10 steps of 100.00 ms on rank 0 of 4
  per step:  calls  MB sent  ms under way  ms waited for  % of the step
  gradients    2.0    4.000        10.000          5.000            5.0
        all    2.0    4.000        10.000          5.000            5.0
`
	if b.String() != want {
		t.Errorf("%s", &b)
	}
}
