package optim

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
	"csl/internal/npy"
)

type goldens struct {
	Optim struct {
		LR            float64   `json:"lr"`
		WeightDecay   float64   `json:"weight_decay"`
		StepsPerEpoch int       `json:"steps_per_epoch"`
		Epochs        int       `json:"epochs"`
		PctStart      float64   `json:"pct_start"`
		LRUsed        []float64 `json:"lr_used"`
		Beta1Used     []float64 `json:"beta1_used"`
	} `json:"optim"`
	OneCycle []struct {
		StepsPerEpoch int          `json:"steps_per_epoch"`
		Epochs        int          `json:"epochs"`
		MaxLR         float64      `json:"max_lr"`
		Rows          [][3]float64 `json:"step_lr_beta1"`
	} `json:"onecycle"`
	Packed []struct {
		Key    string `json:"key"`
		Offset int    `json:"offset"`
		Shape  []int  `json:"shape"`
		Decay  bool   `json:"decay"`
	} `json:"packed"`
}

func loadGoldens(t *testing.T) *goldens {
	t.Helper()
	b, err := os.ReadFile("testdata/index.json")
	if err != nil {
		t.Fatal(err)
	}
	g := &goldens{}
	if err := json.Unmarshal(b, g); err != nil {
		t.Fatal(err)
	}
	if len(g.Optim.LRUsed) != 20 || len(g.OneCycle) != 5 || len(g.Packed) != 6 {
		t.Fatal("testdata/index.json lacks entries")
	}
	return g
}

// rowsOf splits a golden array into its rows.
func rowsOf(t *testing.T, name string) [][]float32 {
	t.Helper()
	a, err := npy.ReadFile("testdata/" + name + ".npy")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(slices.Chunk(a.F32, a.Shape[1]))
}

// within checks max|got-want| <= tol * max(1e-3, max|want|).
func within(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	worst, top := 0.0, 1e-3
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
		top = max(top, math.Abs(float64(want[i])))
	}
	if !(worst <= tol*top) {
		t.Errorf("%s: off by %.2g of the largest, tolerance %.2g", what, worst/top, tol)
	}
}

// optimTol allows a few roundings of float32 in 20 steps; it is measured against the largest weight.
const optimTol = 1e-6

func TestAdamWithL2OneCycleAndEMAMatchesTheReference(t *testing.T) {
	g := loadGoldens(t)
	grads, params, emas := rowsOf(t, "grads"), rowsOf(t, "params"), rowsOf(t, "ema")
	flat := slices.Clone(params[0])
	o, list := goldenOptimizer(t, g, flat)
	cycle, err := NewOneCycle(g.Optim.LR, g.Optim.StepsPerEpoch*g.Optim.Epochs, g.Optim.PctStart)
	if err != nil {
		t.Fatal(err)
	}
	ema := make([]float32, len(flat))
	for step, grad := range grads {
		lr, beta1 := cycle.At(step)
		if err := o.Step(nil, lr, beta1, split(list, grad)); err != nil {
			t.Fatal(err)
		}
		within(t, "weights", flat, params[step+1], optimTol)
		for i, part := range split(list, ema) {
			copy(part, o.Average(i))
		}
		within(t, "average", ema, emas[step+1], optimTol)
	}
	if o.Steps() != 20 {
		t.Errorf("%d steps", o.Steps())
	}
}

func goldenOptimizer(t *testing.T, g *goldens, flat []float32) (*Optimizer, []Param) {
	t.Helper()
	var list []Param
	for i, p := range g.Packed {
		end := len(flat)
		if i+1 < len(g.Packed) {
			end = g.Packed[i+1].Offset
		}
		list = append(list, Param{Name: p.Key, Data: flat[p.Offset:end], Decay: p.Decay})
	}
	c := Defaults()
	c.WeightDecay = g.Optim.WeightDecay
	o, err := New(c, kerneltest.Best(t), list)
	if err != nil {
		t.Fatal(err)
	}
	return o, list
}

// split cuts a flat vector like the parameters.
func split(list []Param, flat []float32) (parts [][]float32) {
	for _, p := range list {
		parts = append(parts, flat[:len(p.Data)])
		flat = flat[len(p.Data):]
	}
	return parts
}

func TestOneCycleMatchesTheReference(t *testing.T) {
	g := loadGoldens(t)
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(b) }
	for _, c := range g.OneCycle {
		o, err := NewOneCycle(c.MaxLR, c.StepsPerEpoch*c.Epochs, 0.2)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range c.Rows {
			if lr, beta1 := o.At(int(row[0])); !near(lr, row[1]) || !near(beta1, row[2]) {
				t.Errorf("%d steps, step %v: %v, %v, want %v, %v", o.TotalSteps, row[0], lr, beta1, row[1], row[2])
			}
		}
	}
	o, err := NewOneCycle(g.Optim.LR, 20, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range g.Optim.LRUsed {
		if lr, beta1 := o.At(i); !near(lr, want) || !near(beta1, g.Optim.Beta1Used[i]) {
			t.Errorf("step %d: %v, %v, want %v, %v", i, lr, beta1, want, g.Optim.Beta1Used[i])
		}
	}
}

func TestOneCycleHasNoUndefinedStep(t *testing.T) {
	for _, pct := range []float64{0, 0.2, 0.5, 1} {
		for total := 1; total < 30; total++ {
			o, err := NewOneCycle(1, total, pct)
			if err != nil {
				t.Fatal(err)
			}
			for step := range total + 3 {
				lr, beta1 := o.At(step)
				if !(lr > 0 && lr <= 1 && beta1 >= 0.85-1e-12 && beta1 <= 0.95+1e-12) {
					t.Errorf("%d steps, pct %v, step %d: %v, %v", total, pct, step, lr, beta1)
				}
			}
		}
	}
	o, _ := NewOneCycle(1, 5, 0.2) // the climb ends at step 0
	if lr, _ := o.At(0); lr != 1 {
		t.Errorf("a climb of no length starts at %v", lr)
	}
	for _, bad := range []struct {
		lr    float64
		total int
		pct   float64
	}{{0, 5, 0.2}, {math.NaN(), 5, 0.2}, {1, 0, 0.2}, {1, 5, 1.1}, {1, 5, math.NaN()}} {
		if _, err := NewOneCycle(bad.lr, bad.total, bad.pct); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

func TestAdamEqualsItsDefinitionInDoublePrecision(t *testing.T) {
	for _, name := range Names() {
		for _, decay := range []bool{true, false} {
			c := Config{Name: name, WeightDecay: 0.1, Beta2: 0.99, Eps: 1e-8}
			w, m, v := 0.7, 0.0, 0.0
			data := []float32{0.7}
			o, err := New(c, kerneltest.Best(t), []Param{{Name: "w", Data: data, Decay: decay}})
			if err != nil {
				t.Fatal(err)
			}
			for step := 1; step <= 10; step++ {
				g, lr, beta1 := math.Sin(float64(step)), 0.01*float64(step), 0.95-0.01*float64(step)
				if err := o.Step(nil, lr, beta1, [][]float32{{float32(g)}}); err != nil {
					t.Fatal(err)
				}
				switch {
				case decay && name == Adam:
					g += 0.1 * w
				case decay:
					w -= lr * 0.1 * w
				}
				m = beta1*m + (1-beta1)*g
				v = 0.99*v + (1-0.99)*g*g
				t1, t2 := 1-math.Pow(beta1, float64(step)), 1-math.Pow(0.99, float64(step))
				w -= lr * (m / t1) / (math.Sqrt(v/t2) + 1e-8)
			}
			within(t, name, data, []float32{float32(w)}, 1e-6)
		}
	}
}

func TestEMAWarmupStartsLow(t *testing.T) {
	e := EMA{Decay: 0.9997, Warmup: true}
	if d := e.DecayAt(1); d != 2./11 {
		t.Errorf("decay of the first step %v", d)
	}
	if d := e.DecayAt(1 << 20); d != 0.9997 {
		t.Errorf("late decay %v", d)
	}
	avg := []float32{1, 2}
	EMA{Decay: 0.75}.Update(1, avg, []float32{5, -2})
	if avg[0] != 2 || avg[1] != 1 {
		t.Errorf("average %v", avg)
	}
}

// big makes an optimizer of parameters of odd lengths with random weights, and gradients.
func big(t testing.TB, sizes ...int) (*Optimizer, []Param, [][]float32) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = r.Float32() - 0.5
		}
		return x
	}
	var list []Param
	var grads [][]float32
	for i, n := range sizes {
		list = append(list, Param{Name: string(rune('a' + i)), Data: random(n), Decay: i%2 == 0})
		grads = append(grads, random(n))
	}
	o, err := New(Defaults(), kerneltest.Best(t), list)
	if err != nil {
		t.Fatal(err)
	}
	return o, list, grads
}

func TestResultsDoNotDependOnWorkersOrOnApplyingOneByOne(t *testing.T) {
	sizes := []int{5, 3*chunkLen + 7, 0, chunkLen}
	pool := kernel.NewPool(3)
	defer pool.Close()
	a, pa, grads := big(t, sizes...)
	b, pb, _ := big(t, sizes...)
	for range 3 {
		if err := a.Step(nil, 1e-3, 0.9, grads); err != nil {
			t.Fatal(err)
		}
		b.Begin(1e-3, 0.9)
		for i := len(grads) - 1; i >= 0; i-- {
			if err := b.Apply(pool, i, grads[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range pa {
		if !slices.Equal(pa[i].Data, pb[i].Data) || !slices.Equal(a.Average(i), b.Average(i)) {
			t.Errorf("parameter %d differs", i)
		}
	}
	if n := testing.AllocsPerRun(3, func() { _ = a.Step(pool, 1e-3, 0.9, grads) }); n != 0 {
		t.Errorf("%v allocations per step", n)
	}
}

func TestStateRestoresAnOptimizerExactly(t *testing.T) {
	a, pa, grads := big(t, 11, 4)
	for range 3 {
		if err := a.Step(nil, 1e-2, 0.9, grads); err != nil {
			t.Fatal(err)
		}
	}
	b, pb, _ := big(t, 11, 4)
	b.SetSteps(a.Steps())
	state := a.State()
	if len(state) != 6 || state[0].Param != "a" || state[0].Kind != SlotM || state[5].Kind != SlotEMA {
		t.Fatalf("state of %d slots, first %v", len(state), state[0])
	}
	for i, s := range b.State() {
		copy(s.Data, state[i].Data)
	}
	for i := range pa {
		copy(pb[i].Data, pa[i].Data)
	}
	for _, o := range []*Optimizer{a, b} {
		if err := o.Step(nil, 1e-2, 0.88, grads); err != nil {
			t.Fatal(err)
		}
	}
	for i := range pa {
		if !slices.Equal(pa[i].Data, pb[i].Data) || !slices.Equal(a.Average(i), b.Average(i)) {
			t.Errorf("parameter %d differs after restoring", i)
		}
	}
}

func TestWithoutEMAThereIsNoAverage(t *testing.T) {
	c := Defaults()
	c.EMA = nil
	o, err := New(c, kerneltest.Best(t), []Param{{Name: "w", Data: make([]float32, 2), Decay: true}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Step(nil, 1, 0.9, [][]float32{{1, 1}}); err != nil {
		t.Fatal(err)
	}
	if o.Average(0) != nil || len(o.State()) != 2 {
		t.Errorf("average %v, %d slots", o.Average(0), len(o.State()))
	}
}

func TestSenselessConfigsAreErrorsNamingTheKey(t *testing.T) {
	for key, change := range map[string]func(*Config){
		"optimizer.name":         func(c *Config) { c.Name = "sgd" },
		"optimizer.weight_decay": func(c *Config) { c.WeightDecay = -1 },
		"beta2":                  func(c *Config) { c.Beta2 = 1 },
		"eps":                    func(c *Config) { c.Eps = 0 },
		"ema.decay":              func(c *Config) { c.EMA = &EMA{Decay: 1} },
	} {
		c := Defaults()
		change(&c)
		if _, err := New(c, kerneltest.Best(t), nil); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: error %v", key, err)
		}
	}
}

func TestWrongGradientsChangeNothing(t *testing.T) {
	o, list, grads := big(t, 3, 2)
	before := slices.Clone(list[0].Data)
	for name, err := range map[string]error{
		"too few":    o.Step(nil, 1, 0.9, grads[:1]),
		"too short":  o.Step(nil, 1, 0.9, [][]float32{grads[0], grads[1][:1]}),
		"no such":    o.Apply(nil, 2, grads[0]),
		"apply long": o.Apply(nil, 1, grads[0]),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if o.Steps() != 0 || !slices.Equal(before, list[0].Data) {
		t.Error("a refused step changed weights or the counter")
	}
	if _, err := New(Defaults(), kerneltest.Best(t), []Param{{Name: "a", Decay: true}, {Name: "a", Decay: true}}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("duplicate name: %v", err)
	}
}

func BenchmarkAdam(b *testing.B) {
	const n = 1 << 22
	o, _, grads := big(b, n)
	pool := kernel.NewPool(1)
	defer pool.Close()
	b.Run("4194304", func(b *testing.B) {
		for b.Loop() {
			if err := o.Step(pool, 1e-3, 0.9, grads); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/param")
	})
}

func TestEveryKernelSetGivesTheSameBits(t *testing.T) {
	train := func(kernels string) ([]Param, *Optimizer) {
		t.Setenv("CSL_KERNELS", kernels)
		o, list, grads := big(t, 5, chunkLen+13)
		for range 3 {
			if err := o.Step(nil, 1e-3, 0.9, grads); err != nil {
				t.Fatal(err)
			}
		}
		return list, o
	}
	best, a := train("")
	portable, b := train("portable")
	for i := range best {
		if !slices.Equal(best[i].Data, portable[i].Data) || !slices.Equal(a.Average(i), b.Average(i)) {
			t.Errorf("parameter %d differs", i)
		}
	}
}

func TestAverageIsKeptWhereTheCallerWants(t *testing.T) {
	data, mine := []float32{1, 2}, []float32{1, 2}
	c := Defaults()
	c.EMA = &EMA{Decay: 0.5}
	o, err := New(c, kerneltest.Best(t), []Param{{Name: "w", Data: data, Average: mine}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Step(nil, 0.1, 0.9, [][]float32{{1, -1}}); err != nil {
		t.Fatal(err)
	}
	for i, start := range []float32{1, 2} {
		if want := (start + data[i]) / 2; mine[i] != want || o.Average(0)[i] != want {
			t.Errorf("average %v, want %v", mine[i], want)
		}
	}
	if _, err := New(c, kerneltest.Best(t), []Param{{Name: "w", Data: data, Average: mine[:1]}}); err == nil {
		t.Error("an average of another length was taken")
	}
}
