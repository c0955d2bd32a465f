package model

import (
	"slices"
	"strings"
	"testing"

	"csl/internal/graph"
)

// pixels is a fixed batch of n values in [0,1).
func pixels(n int) []float32 {
	p := make([]float32, n)
	state := uint32(1)
	for i := range p {
		state = state*1664525 + 1013904223
		p[i] = float32(state>>8) / (1 << 24)
	}
	return p
}

// forwardOnce runs the forward pass of a training net on fixed data.
func forwardOnce(t *testing.T, n *TrainNet) {
	t.Helper()
	copy(n.Input(), pixels(len(n.Input())))
	for i := range n.Labels() {
		n.Labels()[i] = float32(i%3) - 1
	}
	if err := n.Forward(); err != nil {
		t.Fatal(err)
	}
}

// step runs a training net on fixed data and returns copies of loss, logits and gradients.
func step(t *testing.T, n *TrainNet) [][]float32 {
	t.Helper()
	forwardOnce(t, n)
	grads := make([][]float32, len(n.grads))
	if err := n.Backward(func(i int, g []float32) error {
		grads[i] = slices.Clone(g)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	logits, err := n.Logits()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := n.LossTerms()
	if err != nil {
		t.Fatal(err)
	}
	return append([][]float32{{float32(parts[0])}, slices.Clone(logits)}, grads...)
}

func equal(a, b [][]float32) bool { return slices.EqualFunc(a, b, slices.Equal[[]float32]) }

func initialised(t *testing.T) *Weights {
	t.Helper()
	w := newWeights(t, "tresnet_s", 5)
	w.Init(3)
	return w
}

func TestTrainingIsTheSameForAnyNumberOfThreads(t *testing.T) {
	var want [][]float32
	for _, threads := range []int{1, 2, 3} {
		n, err := NewTrainNet(newCPU(t, threads), initialised(t), Options{Batch: 3, Height: 64, Width: 48}, defaultLoss(t))
		if err != nil {
			t.Fatal(err)
		}
		got := step(t, n)
		if want == nil {
			want = got
		}
		if !equal(got, want) {
			t.Errorf("%d threads give other bits", threads)
		}
	}
}

func TestTrainingStepDoesNotAllocate(t *testing.T) {
	n, err := NewTrainNet(newCPU(t, 2), initialised(t), Options{Batch: 2, Height: 32, Width: 32}, defaultLoss(t))
	if err != nil {
		t.Fatal(err)
	}
	step(t, n)
	touch := func(_ int, g []float32) error {
		g[0]++
		return nil
	}
	allocations := testing.AllocsPerRun(3, func() {
		if err := n.Forward(); err != nil {
			t.Fatal(err)
		}
		if err := n.Backward(touch); err != nil {
			t.Fatal(err)
		}
		if _, err := n.LossTerms(); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Logits(); err != nil {
			t.Fatal(err)
		}
		if err := n.UpdateRunning(); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("a training step makes %v allocations", allocations)
	}
}

func TestTrainingReadsNoMapForItsStatisticsAlone(t *testing.T) {
	n, err := NewTrainNet(newCPU(t, 1), initialised(t), Options{Batch: 2, Height: 32, Width: 32}, defaultLoss(t))
	if err != nil {
		t.Fatal(err)
	}
	kinds, pairs := map[string]int{}, map[string]int{}
	for o := range n.machine.Plan().Operations() {
		kinds[o.Kind]++
		if o.Aux != nil {
			pairs[o.Kind]++
		}
	}
	if kinds["batch statistics"] != 0 || pairs["conv"] != kinds["conv"] {
		t.Errorf("%d of %d convolutions make their statistics, %d do not", pairs["conv"], kinds["conv"], kinds["batch statistics"])
	}
	// The ends of three bottlenecks, and that of a basic block whose residual is a norm.
	if pairs["abn sums"] != 4 {
		t.Errorf("%d ends of blocks mask and sum in one pass, want 4", pairs["abn sums"])
	}
}

func TestGradientsAreKeptOnlyWhereAskedFor(t *testing.T) {
	be, w, o := newCPU(t, 2), initialised(t), Options{Batch: 2, Height: 64, Width: 32}
	n, err := NewTrainNet(be, w, o, defaultLoss(t))
	if err != nil {
		t.Fatal(err)
	}
	want := step(t, n)
	if _, err := n.Grads(); err == nil {
		t.Error("gradients that were not kept")
	}
	o.KeepGradients = true
	keeping, err := NewTrainNet(be, w, o, defaultLoss(t))
	if err != nil {
		t.Fatal(err)
	}
	forwardOnce(t, keeping)
	if err := keeping.Backward(nil); err != nil {
		t.Fatal(err)
	}
	got, err := keeping.Grads()
	if err != nil {
		t.Fatal(err)
	}
	if !equal(got, want[2:]) {
		t.Error("kept gradients differ from those handed over")
	}
	if n.Machine().ArenaBytes() >= keeping.Machine().ArenaBytes() {
		t.Errorf("arena of %d bytes, %d with all gradients", n.Machine().ArenaBytes(), keeping.Machine().ArenaBytes())
	}
}

// Weights that are wiped out at once, while the backward pass goes on, must not change its results.
func TestWeightsMayChangeWhileTheBackwardPassGoesOn(t *testing.T) {
	w := initialised(t)
	n, err := NewTrainNet(newCPU(t, 2), w, Options{Batch: 2, Height: 64, Width: 32}, defaultLoss(t))
	if err != nil {
		t.Fatal(err)
	}
	want := step(t, n)[2:]
	forwardOnce(t, n)
	got, params := make([][]float32, len(want)), w.Params()
	if err := n.Backward(func(i int, g []float32) error {
		got[i] = slices.Clone(g)
		fill(params[i].Data, 7)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !equal(got, want) {
		t.Error("gradients depend on weights that were changed before")
	}
}

func TestNetsShareOneArenaAndOneSetOfWeights(t *testing.T) {
	be, w := newCPU(t, 2), initialised(t)
	nets := NewNets(be, w, defaultLoss(t), nil)
	short, err := nets.Train(2, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	small := step(t, short)
	full, err := nets.Train(5, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	big := step(t, full)
	again, err := nets.Train(2, 32, 32)
	if err != nil || again != short {
		t.Fatalf("the net was built twice, %v", err)
	}
	if !equal(step(t, short), small) || !equal(step(t, full), big) {
		t.Error("results change when nets take turns")
	}
	if got, limit := nets.Arena().Bytes(), full.Machine().ArenaBytes()+full.Machine().WorkBytes(); got != limit {
		t.Errorf("arena of %d bytes, the largest net needs %d", got, limit)
	}
}

func TestEvalNetFollowsTheWeightsAndInferNetIsASnapshot(t *testing.T) {
	w := initialised(t)
	nets := NewNets(newCPU(t, 2), w, nil, nil)
	eval, err := nets.Eval(1, 32, 64)
	if err != nil {
		t.Fatal(err)
	}
	logits := func(n forwardNet) []float32 {
		t.Helper()
		copy(n.Input(), pixels(len(n.Input())))
		if err := n.Run(); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(logitsOf(t, n))
	}
	before := logits(eval)
	infer, err := nets.Infer(1, 32, 64)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "folded logits", logits(infer), before, 1e-4)
	gamma := w.raw("body.conv1.1.weight")
	for i := range gamma {
		gamma[i] *= -2
	}
	if slices.Equal(logits(eval), before) {
		t.Error("evaluation does not see changed weights")
	}
	within(t, "folded logits after the change", logits(infer), before, 1e-4)
}

func TestImpossibleSizesAreErrorsBeforeAnythingRuns(t *testing.T) {
	be, w := newCPU(t, 1), initialised(t)
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Batch: 2, Height: 30, Width: 64}, "30x64"},
		{Options{Batch: 2, Height: 64, Width: 28}, "at least 32"},
		{Options{Batch: 0, Height: 64, Width: 64}, "0 images"},
		{Options{Batch: 1, Height: 32, Width: 32}, "one value per channel"},
	} {
		if _, err := NewTrainNet(be, w, c.o, defaultLoss(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	if _, err := NewTrainNet(be, w, Options{Batch: 1, Height: 36, Width: 32}, defaultLoss(t)); err != nil {
		t.Errorf("two values per channel: %v", err)
	}
	if _, err := NewEvalNet(be, w, Options{Batch: 1, Height: 32, Width: 32}); err != nil {
		t.Errorf("evaluation of one small image: %v", err)
	}
}

func TestNonFiniteLossNamesTheLayer(t *testing.T) {
	w := initialised(t)
	n, err := NewTrainNet(newCPU(t, 2), w, Options{Batch: 2, Height: 32, Width: 32}, defaultLoss(t))
	if err != nil {
		t.Fatal(err)
	}
	step(t, n)
	if where, bad, err := n.FirstNonFinite(); bad || err != nil {
		t.Fatalf("found %v, %v", where, err)
	}
	fill(w.raw("body.layer3.0.conv2.0.0.weight"), 3e38)
	forwardOnce(t, n)
	where, bad, err := n.FirstNonFinite()
	if err != nil || !bad || where != (graph.Fault{Kind: "conv", Layer: "body.layer3.0.conv2.0.0"}) {
		t.Errorf("found %v %v, %v", where, bad, err)
	}
}

func TestStagesAreOnlyThereWhenKept(t *testing.T) {
	be, w := newCPU(t, 1), initialised(t)
	n, err := NewEvalNet(be, w, Options{Batch: 1, Height: 32, Width: 32})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := n.Stage("layer1"); err == nil {
		t.Error("a stage that was not kept")
	}
	n, err = NewEvalNet(be, w, Options{Batch: 1, Height: 32, Width: 32, KeepStages: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Run(); err != nil {
		t.Fatal(err)
	}
	if _, shape, err := n.Stage("layer2"); err != nil || !slices.Equal(shape, []int{1, 4, 4, 32}) {
		t.Errorf("layer2 %v, %v", shape, err)
	}
	if _, _, err := n.Stage("layer5"); err == nil {
		t.Error("an unknown stage")
	}
}

func TestEveryMixOfBlocksFoldsToTheSameLogits(t *testing.T) {
	be := newCPU(t, 2)
	for mix := range 1 << stageCount {
		s := known(t, "tresnet_tiny", 4)
		s.Planes = 5
		for i := range s.Kinds {
			if s.Kinds[i] = Basic; mix>>i&1 == 1 {
				s.Kinds[i] = Bottleneck
			}
		}
		w, err := NewWeights(s)
		if err != nil {
			t.Fatal(err)
		}
		w.Init(uint64(mix))
		for _, p := range w.Params() { // no zero gammas: every branch counts
			for i := range p.Data {
				p.Data[i] += 0.1
			}
		}
		o := Options{Batch: 2, Height: 36, Width: 44}
		eval, err := NewEvalNet(be, w, o)
		if err != nil {
			t.Fatal(err)
		}
		infer, err := NewInferNet(be, w, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []forwardNet{eval, infer} {
			copy(n.Input(), pixels(len(n.Input())))
			if err := n.Run(); err != nil {
				t.Fatal(err)
			}
		}
		within(t, "folded logits", logitsOf(t, infer), logitsOf(t, eval), 1e-4)
	}
}
