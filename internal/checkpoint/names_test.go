package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"csl/internal/checkpoint/timmtest"
	"csl/internal/model"
)

// timmNames reads testdata/timm_tresnet_m.txt.
func timmNames(t *testing.T) (names []string, shapes map[string][]int) {
	t.Helper()
	shapes = map[string][]int{}
	for line := range strings.Lines(string(mustReadFile(t, "testdata/timm_tresnet_m.txt"))) {
		fields := strings.Fields(line)
		shape := []int{}
		for _, f := range fields[1:] {
			d, err := strconv.Atoi(f)
			if err != nil {
				t.Fatal(err)
			}
			shape = append(shape, d)
		}
		names = append(names, fields[0])
		shapes[fields[0]] = shape
	}
	return names, shapes
}

// Every name of timm's TResNet-M has one in the reference's, of the same shape.
func TestTimmNamesCoverTheModel(t *testing.T) {
	names, shapes := timmNames(t)
	spec, err := model.Lookup("tresnet_m")
	if err != nil {
		t.Fatal(err)
	}
	spec.NumClasses = 1000
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]int{}
	for _, e := range w.Entries() {
		want[e.Name] = e.Shape
	}
	bottleneck := func(stage string) bool { return stage >= "3" }
	for _, name := range names {
		ours := fromTimm(name, bottleneck)
		shape, ok := want[ours]
		if !ok || !slices.Equal(shape, shapes[name]) {
			t.Errorf("%s became %s with shape %v; the model wants %v", name, ours, shapes[name], shape)
		}
		delete(want, ours)
	}
	for name := range want {
		t.Errorf("nothing became %s", name)
	}
}

// timmTwin opens a file with the names of timm and the scales that change gives.
func timmTwin(t *testing.T, w *model.Weights, change func(name string, data []float32)) *StateDict {
	t.Helper()
	var outs []Out
	for _, o := range Tensors(w) {
		o.Name = timmtest.Name(o.Name)
		if o.Ints == nil {
			data := o.Floats()
			change(o.Name, data)
			o = FloatOut(o.Name, data, o.Shape...)
		}
		outs = append(outs, o)
	}
	f := mustOpen(t, writeOuts(t, outs))
	sd, err := Interpret(f)
	if err != nil {
		t.Fatal(err)
	}
	if sd.Scheme != Timm {
		t.Fatalf("scheme %q", sd.Scheme)
	}
	return sd
}

// A twin whose scales are |γ|+1e-5, as timm's converter writes them, gives the
// same effective scales, and everything else to the bit.
func TestTimmTwinHasTheSameEffectiveWeights(t *testing.T) {
	w := randomised(t)
	sd := timmTwin(t, w, func(name string, data []float32) {
		if strings.HasSuffix(name, ".bn.weight") {
			for i, g := range data {
				data[i] = abs(g) + model.ABNEps
			}
		}
	})
	got, err := model.NewWeights(w.Spec())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sd.Load(t.Context(), got, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, e := range w.Entries() {
		_, a, _ := w.Get(e.Name)
		_, b, _ := got.Get(e.Name)
		for i := range a {
			if timmtest.Name(e.Name) != e.Name && strings.HasSuffix(timmtest.Name(e.Name), ".bn.weight") {
				x, y := float64(abs(a[i])+model.ABNEps), float64(abs(b[i])+model.ABNEps)
				if d := x - y; d > 1e-7*x || d < -1e-7*x {
					t.Fatalf("%s[%d]: effective scale %v, want %v", e.Name, i, y, x)
				}
			} else if a[i] != b[i] {
				t.Fatalf("%s[%d] = %v, want %v", e.Name, i, b[i], a[i])
			}
		}
	}
}

// For any timm scale g, also a negative or a tiny one, conv and norm as read
// give g*(conv(x)-mean)/s + b.
func TestTimmScalesOfAnySignGiveTheSameOutput(t *testing.T) {
	w := randomised(t)
	const unit = "body.layer2.0.conv1"
	scales := []float32{0.5, -0.75, 0, 3e-6, -4e-6, 1e-5, -1, 2}
	sd := timmTwin(t, w, func(name string, data []float32) {
		if name == unit+".bn.weight" {
			copy(data, scales)
		}
	})
	get := func(name string) []float32 {
		shape, ok := sd.Shape(name)
		if !ok {
			t.Fatalf("%s is missing", name)
		}
		n := 1
		for _, d := range shape {
			n *= d
		}
		v := make([]float32, n)
		if err := sd.Read(name, v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	_, conv, _ := w.Get(unit + ".0.0.weight")
	_, mean, _ := w.Get(unit + ".0.1.running_mean")
	gotConv, gotMean, gotScale := get(unit+".0.0.weight"), get(unit+".0.1.running_mean"), get(unit+".0.1.weight")
	per := len(conv) / len(mean)
	for c, g := range scales {
		var x, y float64 // one output of the convolution, input all ones
		for i := c * per; i < (c+1)*per; i++ {
			x += float64(conv[i])
			y += float64(gotConv[i])
		}
		want := float64(g) * (x - float64(mean[c]))
		got := float64(abs(gotScale[c])+model.ABNEps) * (y - float64(gotMean[c]))
		tolerance := 1e-6 * (1 + max(want, -want))
		if g > -1e-5 && g < 1e-5 {
			tolerance = 2e-5 * max(x-float64(mean[c]), float64(mean[c])-x)
		}
		if d := got - want; d > tolerance || d < -tolerance {
			t.Errorf("scale %v: %v, want %v", g, got, want)
		}
	}
}

// randomised weights have scales of both signs and real statistics.
func randomised(t testing.TB) *model.Weights {
	t.Helper()
	w := tinyWeights(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, p := range append(w.Params(), w.Buffers()...) {
		for i := range p.Data {
			p.Data[i] = float32(r.NormFloat64())
			if strings.HasSuffix(p.Name, "running_var") {
				p.Data[i] = 0.5 + r.Float32()
			}
		}
	}
	return w
}

func writeOuts(t testing.TB, outs []Out) string {
	t.Helper()
	return writeTemp(t, func(w io.Writer) error { return WriteSafetensors(w, outs, nil) })
}

func TestOtherModelsAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		outs []Out
		want string
	}{
		"ResNet":    {[]Out{FloatOut("conv1.weight", nil, 0), FloatOut("layer1.0.conv1.weight", nil, 0)}, `not a TResNet: there is neither`},
		"stem":      {[]Out{FloatOut(stemAlibaba, make([]float32, 27), 1, 3, 3, 3)}, "first convolution has shape [1 3 3 3]"},
		"no stages": {[]Out{FloatOut(stemAlibaba, make([]float32, 432), 1, 48, 3, 3)}, "stage 1 has 0 blocks"},
		"hole":      {[]Out{FloatOut(stemAlibaba, make([]float32, 432), 1, 48, 3, 3), FloatOut("body.layer1.1.x", nil, 0)}, "block 0 is missing"},
	} {
		_, err := Interpret(mustOpen(t, writeOuts(t, c.outs)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	outs := append(Tensors(tinyWeights(t)), FloatOut("head.decoder.embed.weight", nil, 0))
	outs = slices.DeleteFunc(outs, func(o Out) bool { return strings.HasPrefix(o.Name, "head.fc") })
	path := writeOuts(t, outs)
	if sd := mustInterpret(t, path); sd.OtherHead != "ML-Decoder" || sd.Spec.NumClasses != 0 {
		t.Errorf("ML-Decoder: head %q, %d classes", sd.OtherHead, sd.Spec.NumClasses)
	}
	if _, _, err := ReadModel(t.Context(), path); err == nil || !strings.Contains(err.Error(), "ML-Decoder") {
		t.Errorf("ML-Decoder: error %v", err)
	}
}

// without drops tensors, renames others, adds some.
func changed(t testing.TB, change func(outs []Out) []Out) string {
	t.Helper()
	return writeOuts(t, change(Tensors(tinyWeights(t))))
}

// damaged is a checkpoint with differences of every sort in its backbone: 4 tensors missing, 7
// unexpected, 1 mis-shaped.
func damaged(t testing.TB, from *model.Weights) string {
	t.Helper()
	outs := slices.DeleteFunc(Tensors(from), func(o Out) bool { return strings.HasPrefix(o.Name, "body.layer2.0.se.") })
	for i := range outs {
		if outs[i].Name == "body.layer1.0.conv1.1.bias" {
			outs[i] = FloatOut(outs[i].Name, make([]float32, 9), 9)
		}
	}
	for i := range 7 {
		outs = append(outs, FloatOut(fmt.Sprintf("extra.%d", i), nil, 0))
	}
	return writeOuts(t, outs)
}

func TestDifferencesAreListedAndStop(t *testing.T) {
	w := tinyWeights(t)
	path := damaged(t, w)
	sd := mustInterpret(t, path)
	for _, o := range []LoadOptions{{}, {KeepHead: true}} {
		diff, err := sd.Load(t.Context(), w, o)
		if !errors.Is(err, ErrMismatch) {
			t.Fatalf("error %v", err)
		}
		for _, want := range []string{
			"4 missing (body.layer2.0.se.fc1.weight, ", "7 unexpected (extra.0, extra.1, extra.2, extra.3, extra.4, ...)",
			"1 mis-shaped (body.layer1.0.conv1.1.bias [9] instead of [8])", "tresnet_tiny", path,
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v\ndoes not say %q", err, want)
			}
		}
		if len(diff.Missing) != 4 || len(diff.Unexpected) != 7 || len(diff.Misshaped) != 1 {
			t.Errorf("%+v", diff)
		}
	}
}

func TestAPartialLoadTakesWhatFitsAndListsTheRest(t *testing.T) {
	from, w := randomised(t), tinyWeights(t)
	fresh := w.Clone()
	diff, err := mustInterpret(t, damaged(t, from)).Load(t.Context(), w, LoadOptions{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(diff.Missing) != 4 || len(diff.Unexpected) != 7 || len(diff.Misshaped) != 1 {
		t.Errorf("%+v", diff)
	}
	for _, e := range w.Entries() {
		source := from
		if strings.HasPrefix(e.Name, "body.layer2.0.se.") || e.Name == "body.layer1.0.conv1.1.bias" {
			source = fresh
		}
		_, got, _ := w.Get(e.Name)
		if _, want, _ := source.Get(e.Name); !sameBits(got, want) {
			t.Errorf("%s is not what it should be", e.Name)
		}
	}
}

func TestAPartialLoadOfAnotherModelStops(t *testing.T) {
	spec := tinyWeights(t).Spec()
	spec.Name, spec.Planes = "wider", 12
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	before := w.Clone()
	_, err = mustInterpret(t, writeOuts(t, Tensors(randomised(t)))).Load(t.Context(), w, LoadOptions{Partial: true})
	if !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), "does not fit wider (stages [1 1 1 1], 12 planes), being tresnet_tiny (stages [1 1 1 1], 8 planes): not one of its convolutions does") {
		t.Errorf("error %v", err)
	}
	for _, e := range w.Entries() {
		_, got, _ := w.Get(e.Name)
		if _, want, _ := before.Get(e.Name); !sameBits(got, want) {
			t.Errorf("%s was changed", e.Name)
		}
	}
}

// Batch counters came with PyTorch 0.4.1, and blur filters were once stored.
func TestOldCheckpointsAreNoMismatch(t *testing.T) {
	filter := func(v float32) Out {
		var data []float32
		for range 8 {
			data = append(data, 1./16, 2./16, 1./16, 2./16, v, 2./16, 1./16, 2./16, 1./16)
		}
		return FloatOut("body.layer2.0.conv1.1.filt", data, 8, 1, 3, 3)
	}
	for _, c := range []struct {
		middle float32
		ok     bool
	}{{4. / 16, true}, {5. / 16, false}} {
		path := changed(t, func(outs []Out) []Out {
			outs = slices.DeleteFunc(outs, func(o Out) bool { return strings.HasSuffix(o.Name, "num_batches_tracked") })
			return append(outs, filter(c.middle))
		})
		_, err := mustInterpret(t, path).Load(t.Context(), tinyWeights(t), LoadOptions{})
		if c.ok != (err == nil) {
			t.Errorf("filter with %v in the middle: %v", c.middle, err)
		}
	}
}

func TestFineTuningReplacesTheHeadOnly(t *testing.T) {
	from := randomised(t)
	sd := mustInterpret(t, writeOuts(t, Tensors(from)))
	for _, head := range []model.Head{model.PlainHead, model.BottleneckHead} {
		spec := from.Spec()
		spec.NumClasses, spec.Head = 5, head
		w, err := model.NewWeights(spec)
		if err != nil {
			t.Fatal(err)
		}
		w.Init(3)
		fresh := w.Clone()
		diff, err := sd.Load(t.Context(), w, LoadOptions{KeepHead: true})
		if err != nil {
			t.Fatal(err)
		}
		if !diff.Empty() {
			t.Errorf("%v", diff)
		}
		for _, e := range w.Entries() {
			_, got, _ := w.Get(e.Name)
			_, want, ok := from.Get(e.Name)
			if isHead(e.Name) {
				_, want, ok = fresh.Get(e.Name)
			}
			if !ok || !sameBits(got, want) {
				t.Errorf("%s head: %s is not what it should be", head, e.Name)
			}
		}
	}
}

func TestBackboneWithoutHeadIsUnderstood(t *testing.T) {
	path := changed(t, func(outs []Out) []Out {
		return slices.DeleteFunc(outs, func(o Out) bool { return strings.HasPrefix(o.Name, "head.") })
	})
	if sd := mustInterpret(t, path); sd.Spec.NumClasses != 0 || sd.Spec.Name != "tresnet_tiny" {
		t.Errorf("%+v", sd.Spec)
	}
	if _, _, err := ReadModel(t.Context(), path); err == nil || !strings.Contains(err.Error(), "no head") {
		t.Errorf("error %v", err)
	}
}

func TestNameIsCheckedAgainstTheTensors(t *testing.T) {
	sd := mustInterpret(t, "testdata/tiny_zip.pth")
	for name, want := range map[string]string{"": "", "tresnet_tiny": "", "tresnet_m": "does not fit tresnet_m: it is tresnet_tiny", "resnet": "unknown model"} {
		err := sd.CheckName(name)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v", name, err)
		}
	}
}
