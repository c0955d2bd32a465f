//go:build long

package checkpoint_test

import (
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/onnx"
	"csl/internal/checkpoint/onnx/onnxtest"
	"csl/internal/graph"
	"csl/internal/kernel/kerneltest"
	"csl/internal/model"
	"csl/internal/npy"
	"csl/internal/safefile"
)

// shared is the folder of goldens: environment CSL_SHARED, or beside the
// repository.
func shared(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CSL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	dir, err := filepath.Abs(filepath.Join(dir, "goldens"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "tresnet_torch.py")); err != nil {
		t.Fatalf("set CSL_SHARED to the folder that holds goldens/: %v", err)
	}
	return dir
}

// oracle runs testdata/oracle.py with Debian's python3-torch.
func oracle(t *testing.T, args ...string) {
	t.Helper()
	python := os.Getenv("CSL_PYTHON")
	if python == "" {
		python = "/usr/bin/python3"
	}
	cmd := exec.Command(python, append([]string{"testdata/oracle.py", shared(t)}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("oracle.py %s (needs Debian's python3-torch): %v\n%s", args[0], err, out)
	}
}

func load(t *testing.T, path string) (*model.Weights, *checkpoint.StateDict) {
	t.Helper()
	w, sd, err := checkpoint.ReadModel(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return w, sd
}

func readNPY(t *testing.T, path string) *npy.Array {
	t.Helper()
	a, err := npy.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// logits runs images [N,3,H,W] through our inference net.
func logits(t *testing.T, w *model.Weights, x *npy.Array) []float32 {
	t.Helper()
	be, err := graph.NewCPU(0, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	n, height, width := x.Shape[0], x.Shape[2], x.Shape[3]
	net, err := model.NewInferNet(be, w, model.Options{Batch: n, Height: height, Width: width})
	if err != nil {
		t.Fatal(err)
	}
	in := net.Input()
	for i := range n {
		for c := range 3 {
			for p := range height * width {
				in[(i*height*width+p)*3+c] = x.F32[(i*3+c)*height*width+p]
			}
		}
	}
	if err := net.Run(); err != nil {
		t.Fatal(err)
	}
	y, err := net.Logits()
	if err != nil {
		t.Fatal(err)
	}
	y = append([]float32(nil), y...)
	if err := net.Close(); err != nil {
		t.Fatal(err)
	}
	return y
}

// within checks the measure of the design: max|a-b| <= t*max(1e-3, max|want|).
func within(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	diff, scale := 0.0, 1e-3
	for i := range want {
		diff = max(diff, math.Abs(float64(got[i]-want[i])))
		scale = max(scale, math.Abs(float64(want[i])))
	}
	t.Logf("%s: off by %.2g of the largest (%.3g)", what, diff/scale, scale)
	if !(diff <= tolerance*scale) {
		t.Errorf("%s: off by %g, allowed is %g of %g", what, diff, tolerance, scale)
	}
}

func TestEveryGoldenCheckpointGivesPyTorchsLogits(t *testing.T) {
	dir := shared(t)
	for _, tag := range []string{"tiny", "tiny_bottleneck", "tiny_v2"} {
		state := readNPY(t, filepath.Join(dir, tag, "state.npy")).F32
		x := readNPY(t, filepath.Join(dir, tag, "x.npy"))
		for _, file := range []string{"model_zip.pth", "model_legacy.pth", "raw_state_zip.ckpt", "model_half_zip.pth"} {
			w, _ := load(t, filepath.Join(dir, tag, file))
			want := readNPY(t, filepath.Join(dir, tag, "eval_logits.npy")).F32
			if strings.Contains(file, "half") {
				want = readNPY(t, filepath.Join(dir, tag, "eval_logits_half.npy")).F32
			} else {
				at := 0
				for _, e := range w.Entries() {
					_, got, _ := w.Get(e.Name)
					for i, v := range got {
						if v != state[at+i] {
							t.Fatalf("%s/%s: %s[%d] = %v, want %v", tag, file, e.Name, i, v, state[at+i])
						}
					}
					at += len(got)
				}
			}
			within(t, tag+"/"+file, logits(t, w, x), want, 1e-4)
		}
	}
}

func TestFullSizeModelsAgreeWithPyTorch(t *testing.T) {
	for _, c := range []struct {
		name            string
		classes, hidden int
	}{
		{"tresnet_m", 80, 0}, {"tresnet_l", 9605, 512}, {"tresnet_xl", 80, 0}, {"tresnet_l_v2", 80, 512},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			sizes := []string{"224x224", "448x448", "160x288"}
			oracle(t, append([]string{"make", c.name, fmt.Sprint(c.classes), fmt.Sprint(c.hidden), dir}, sizes...)...)
			w, sd := load(t, filepath.Join(dir, "zip.pth"))
			if w.Spec().Name != c.name || sd.Scheme != checkpoint.Alibaba {
				t.Errorf("read as %s, %s", w.Spec().Name, sd.Scheme)
			}
			for _, size := range sizes {
				x := readNPY(t, filepath.Join(dir, "x_"+size+".npy"))
				within(t, size, logits(t, w, x), readNPY(t, filepath.Join(dir, "y_"+size+".npy")).F32, 1e-3)
			}
			sameWeights(t, w, filepath.Join(dir, "legacy.pth"))
			checkTorch(t, w, sd, c.name, c.hidden, dir, sizes[:1])
			checkTimm(t, dir, c.name, sizes[0])
			checkONNX(t, w, filepath.Join(dir, "x_"+sizes[2]+".npy"), 1e-4)
		})
	}
}

func sameWeights(t *testing.T, w *model.Weights, path string) {
	t.Helper()
	other, _ := load(t, path)
	for _, e := range w.Entries() {
		_, a, _ := w.Get(e.Name)
		_, b, _ := other.Get(e.Name)
		for i := range a {
			if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
				t.Fatalf("%s: %s[%d] = %v, want %v", path, e.Name, i, b[i], a[i])
			}
		}
	}
}

// checkTorch writes both formats and lets PyTorch read and run them.
func checkTorch(t *testing.T, w *model.Weights, sd *checkpoint.StateDict, name string, hidden int, dir string, sizes []string) {
	t.Helper()
	var classes []string
	for _, c := range sd.Classes() {
		classes = append(classes, c.Name)
	}
	meta := checkpoint.Meta{Spec: w.Spec(), Classes: sd.Classes()}
	table, err := meta.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for file, write := range map[string]func(io.Writer) error{
		"ours.pth":         func(o io.Writer) error { return checkpoint.WriteTorch(o, checkpoint.Tensors(w), classes, nil) },
		"ours.safetensors": func(o io.Writer) error { return checkpoint.WriteSafetensors(o, checkpoint.Tensors(w), table) },
	} {
		path := filepath.Join(dir, file)
		if err := safefile.Write(safefile.OS(), path, write); err != nil {
			t.Fatal(err)
		}
		oracle(t, append([]string{"check", path, name, fmt.Sprint(hidden), dir}, sizes...)...)
		sameWeights(t, w, path)
	}
}

// checkTimm compares the twin with timm's names. timm's slopes are those of
// the mixed models; TResNet-v2 has others here, so only its reading is checked.
func checkTimm(t *testing.T, dir, name, size string) {
	t.Helper()
	w, sd := load(t, filepath.Join(dir, "timm.safetensors"))
	sameWeights(t, w, filepath.Join(dir, "timm.pth"))
	if sd.Scheme != checkpoint.Timm || w.Spec().Name != name {
		t.Errorf("timm twin read as %s, %s", w.Spec().Name, sd.Scheme)
	}
	if name == "tresnet_l_v2" {
		return
	}
	x := readNPY(t, filepath.Join(dir, "x_"+size+".npy"))
	within(t, "timm "+size, logits(t, w, x), readNPY(t, filepath.Join(dir, "y_"+size+".npy")).F32, 1e-3)
}

// checkONNX compares ONNX Runtime with us, on a batch of two.
func checkONNX(t *testing.T, w *model.Weights, input string, tolerance float64) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "m.onnx")
	err := safefile.Write(safefile.OS(), path, func(o io.Writer) error { return onnx.Write(o, w, onnx.Options{Version: "test"}) })
	if err != nil {
		t.Fatal(err)
	}
	one := readNPY(t, input)
	x := &npy.Array{Shape: []int{2, 3, one.Shape[2], one.Shape[3]}}
	img := one.F32[:3*x.Shape[2]*x.Shape[3]]
	x.F32 = append(append(x.F32, img...), img...)
	for i := range img {
		x.F32[i] *= 0.5 // two different images
	}
	y := onnxtest.Run(t, path, x.F32, 2, x.Shape[2], x.Shape[3])
	within(t, "ONNX Runtime", y, logits(t, w, x), tolerance)
}

func TestGoldenModelsRunInONNXRuntime(t *testing.T) {
	for _, tag := range []string{"tiny", "tiny_bottleneck", "tiny_v2"} {
		w, _ := load(t, filepath.Join(shared(t), tag, "model_zip.pth"))
		checkONNX(t, w, filepath.Join(shared(t), tag, "x_odd.npy"), 1e-4)
	}
}

// Loading TResNet-L takes less than 1.3 times the size of its weights. The test
// binary runs itself twice, loading nothing and loading the model, and compares
// the peaks that the system saw.
func TestLoadingNeedsLittleMemory(t *testing.T) {
	if path := os.Getenv("CSL_TEST_LOAD"); path != "" {
		size := 0
		if path != "nothing" {
			w, _ := load(t, path)
			for _, p := range append(w.Params(), w.Buffers()...) {
				size += 4 * len(p.Data)
			}
		}
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		_, peak, _ := strings.Cut(string(status), "VmHWM:")
		fmt.Printf("peak %s size %d\n", strings.Fields(peak)[0], size)
		return
	}
	measure := func(path string) (peak, size int) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLoadingNeedsLittleMemory$")
		cmd.Env = append(os.Environ(), "CSL_TEST_LOAD="+path)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if _, err := fmt.Sscanf(string(out), "peak %d size %d", &peak, &size); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return peak * 1024, size
	}
	dir := t.TempDir()
	oracle(t, "make", "tresnet_l", "80", "0", dir)
	base, _ := measure("nothing")
	for _, file := range []string{"zip.pth", "legacy.pth", "half.pth", "timm.pth"} {
		peak, size := measure(filepath.Join(dir, file))
		ratio := float64(peak-base) / float64(size)
		t.Logf("%s: %d MiB of weights, peak %.2f times that", file, size>>20, ratio)
		if ratio > 1.3 {
			t.Errorf("%s: peak %.2f times the weights", file, ratio)
		}
	}
}
