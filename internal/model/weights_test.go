package model

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func newWeights(t testing.TB, name string, classes int) *Weights {
	t.Helper()
	w, err := NewWeights(known(t, name, classes))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// flat is every value of the weights in checkpoint order and layout.
func flat(w *Weights) []float32 {
	var all []float32
	for _, e := range w.Entries() {
		_, v, _ := w.Get(e.Name)
		all = append(all, v...)
	}
	return all
}

func TestSetConvertsLayoutsAndGetConvertsBack(t *testing.T) {
	w := newWeights(t, "tresnet_tiny", 3)
	for _, c := range []struct {
		name  string
		shape []int
		at    int // of the element 1,2,... in the checkpoint
		want  int // its place inside
	}{
		{"body.layer1.0.conv1.0.weight", []int{8, 8, 3, 3}, ((5*8+2)*3+1)*3 + 2, ((1*3+2)*8+2)*8 + 5},
		{"body.layer1.0.se.fc1.weight", []int{64, 8, 1, 1}, 10*8 + 3, 3*64 + 10},
		{"head.fc.weight", []int{3, 256}, 2*256 + 100, 100*3 + 2},
	} {
		v := make([]float32, size(c.shape))
		v[c.at] = 7
		if err := w.Set(c.name, c.shape, v); err != nil {
			t.Fatal(err)
		}
		if w.raw(c.name)[c.want] != 7 {
			t.Errorf("%s: the element is not at %d", c.name, c.want)
		}
		shape, got, ok := w.Get(c.name)
		if !ok || !slices.Equal(shape, c.shape) || !slices.Equal(got, v) {
			t.Errorf("%s does not come back", c.name)
		}
	}
}

func TestWrongTensorsAreErrors(t *testing.T) {
	w := newWeights(t, "tresnet_tiny", 3)
	for _, c := range []struct {
		name  string
		shape []int
		n     int
		want  string
	}{
		{"head.fc.wait", []int{3, 256}, 768, "no tensor"},
		{"head.fc.weight", []int{256, 3}, 768, "[3 256]"},
		{"head.fc.weight", []int{3, 256}, 7, "7 elements"},
		{"body.conv1.1.num_batches_tracked", []int{1}, 1, "shape"},
	} {
		if err := w.Set(c.name, c.shape, make([]float32, c.n)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v", c.name, c.shape, err)
		}
	}
	if _, _, ok := w.Get("x"); ok {
		t.Error("got an unknown tensor")
	}
	if err := w.SetCount("head.fc.weight", 1); err == nil {
		t.Error("a weight was set as a counter")
	}
}

func TestCountersAreKeptExactly(t *testing.T) {
	w := newWeights(t, "tresnet_tiny", 3)
	const name, n = "body.conv1.1.num_batches_tracked", int64(1)<<40 + 1
	if err := w.SetCount(name, n); err != nil {
		t.Fatal(err)
	}
	if got, ok := w.Clone().Count(name); !ok || got != n {
		t.Errorf("%d, %v", got, ok)
	}
	if err := w.Set(name, nil, []float32{5}); err != nil {
		t.Fatal(err)
	}
	if shape, v, ok := w.Get(name); !ok || len(shape) != 0 || v[0] != 5 {
		t.Errorf("%v %v %v", shape, v, ok)
	}
}

func TestParamsAndBuffersPartitionTheEntries(t *testing.T) {
	w := newWeights(t, "tresnet_tiny", 3)
	params, buffers, counters := w.Params(), w.Buffers(), 0
	for _, e := range w.Entries() {
		if e.Kind == Counter {
			counters++
		}
	}
	if len(params)+len(buffers)+counters != len(w.Entries()) || len(buffers) != 2*counters {
		t.Errorf("%d params, %d buffers, %d counters of %d", len(params), len(buffers), counters, len(w.Entries()))
	}
	for _, p := range params {
		shape, _, _ := w.Get(p.Name)
		if p.Decay != (len(shape) > 1) {
			t.Errorf("%s %v: decay %v", p.Name, shape, p.Decay)
		}
		p.Data[0] = 3
		if w.raw(p.Name)[0] != 3 {
			t.Errorf("%s is a copy", p.Name)
		}
	}
}

func TestInitFollowsTheReference(t *testing.T) {
	s := known(t, "tresnet_s", 40)
	s.Head, s.HeadHidden = BottleneckHead, 100
	w, err := NewWeights(s)
	if err != nil {
		t.Fatal(err)
	}
	w.Init(1)
	moments := func(name string) (mean, std, most float64) {
		v := w.raw(name)
		for _, x := range v {
			mean += float64(x) / float64(len(v))
			most = max(most, math.Abs(float64(x)))
		}
		for _, x := range v {
			std += (float64(x) - mean) * (float64(x) - mean) / float64(len(v))
		}
		return mean, math.Sqrt(std), most
	}
	for name, want := range map[string]float64{
		"body.layer1.0.conv1.0.weight":         math.Sqrt(2.0 / (16 * 9)),
		"body.layer4.0.conv3.0.weight":         math.Sqrt(2.0 / 512),
		"body.layer3.0.se.fc1.weight":          math.Sqrt(2.0 / 64),
		"head.fc.embedding_generator.0.weight": 0.01,
		"head.fc.FC.weight":                    0.01,
		"body.layer2.0.downsample.1.0.weight":  math.Sqrt(2.0 / 32),
	} {
		if mean, std, _ := moments(name); math.Abs(std/want-1) > 0.1 || math.Abs(mean) > 0.2*want {
			t.Errorf("%s: mean %g, standard deviation %g, want %g", name, mean, std, want)
		}
	}
	for name, bound := range map[string]float64{
		"body.layer3.0.se.fc1.bias": 1 / math.Sqrt(64), "body.layer3.0.se.fc2.bias": 1 / math.Sqrt(64),
		"head.fc.embedding_generator.0.bias": 1 / math.Sqrt(512), "head.fc.FC.bias": 0.1,
	} {
		if _, _, most := moments(name); most > bound || most < 0.8*bound {
			t.Errorf("%s: largest %g, bound %g", name, most, bound)
		}
	}
	for name, want := range map[string]float32{
		"body.conv1.1.weight": 1, "body.conv1.1.bias": 0, "body.conv1.1.running_mean": 0, "body.conv1.1.running_var": 1,
		"body.layer1.0.conv1.1.weight": 1, "body.layer1.0.conv2.1.weight": 0, "body.layer3.0.conv2.0.1.weight": 1,
		"body.layer3.1.conv3.1.weight": 0, "body.layer3.0.downsample.1.1.weight": 1,
	} {
		for _, v := range w.raw(name) {
			if v != want {
				t.Errorf("%s: %g, want %g", name, v, want)
				break
			}
		}
	}
}

func TestInitDependsOnTheSeedAlone(t *testing.T) {
	a, b := newWeights(t, "tresnet_tiny", 3), newWeights(t, "tresnet_tiny", 3)
	a.Init(1)
	b.Init(2)
	if slices.Equal(flat(a), flat(b)) {
		t.Error("two seeds give equal weights")
	}
	if err := b.SetCount("body.conv1.1.num_batches_tracked", 9); err != nil {
		t.Fatal(err)
	}
	b.Init(1)
	if !slices.Equal(flat(a), flat(b)) {
		t.Error("one seed gives two weights")
	}
}

func TestCloneIsIndependentAndCopyFromWritesInPlace(t *testing.T) {
	w := newWeights(t, "tresnet_tiny", 3)
	w.Init(1)
	c := w.Clone()
	before := flat(c)
	shared := w.Params()[0].Data
	other := newWeights(t, "tresnet_tiny", 3)
	other.Init(2)
	if err := w.CopyFrom(other); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(flat(w), flat(other)) || shared[0] != other.Params()[0].Data[0] {
		t.Error("the copy is not in place")
	}
	if !slices.Equal(flat(c), before) {
		t.Error("the clone changed")
	}
	if err := w.CopyFrom(newWeights(t, "tresnet_tiny", 4)); err == nil {
		t.Error("weights of another model were copied")
	}
}
