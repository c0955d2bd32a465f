package checkpoint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The values are those of testdata/make_torch.py.

func TestEveryElementTypeIsRead(t *testing.T) {
	for _, file := range []string{"types_zip.pth", "types_legacy.pth"} {
		f := mustOpen(t, filepath.Join("testdata/torch", file))
		for name, want := range map[string]DType{
			"float64": F64, "float32": F32, "float16": F16, "bfloat16": BF16, "int64": I64, "int32": I32,
			"int16": I16, "int8": I8, "uint8": U8, "bool": Bool,
		} {
			x, ok := f.Tensor(name)
			if !ok || x.DType != want || !slices.Equal(x.Shape, []int{3, 4}) {
				t.Fatalf("%s: %s: %+v", file, name, x)
			}
			got, err := x.Float32s()
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range got {
				expect := float32(i) / 4
				switch {
				case name == "bool" && i > 4:
					expect = 1
				case name == "bool":
					expect = 0
				case !want.IsFloat():
					expect = float32(i / 4)
				}
				if v != expect {
					t.Errorf("%s: %s[%d] = %v, want %v", file, name, i, v, expect)
				}
			}
			ints, err := x.Int64s()
			if want.IsFloat() != (err != nil) {
				t.Errorf("%s: %s as integers: %v", file, name, err)
			}
			if err == nil && name != "bool" && ints[11] != 2 {
				t.Errorf("%s: %s as integers: %v", file, name, ints)
			}
		}
	}
}

func TestViewsOfSharedStoragesAreRead(t *testing.T) {
	for _, file := range []string{"views_zip.pth", "views_legacy.pth", "views_protocol4.pth"} {
		f := mustOpen(t, filepath.Join("testdata/torch", file))
		var ramp []float32
		for i := range 24 {
			ramp = append(ramp, float32(i))
		}
		transposed := make([]float32, 0, 24)
		for i := range 6 {
			for j := range 4 {
				transposed = append(transposed, float32(6*j+i))
			}
		}
		for _, c := range []struct {
			name  string
			shape []int
			want  []float32
		}{
			{"transposed", []int{6, 4}, transposed},
			{"sliced", []int{2, 3}, []float32{6, 8, 10, 12, 14, 16}},
			{"channels_last", []int{1, 2, 3, 4}, ramp},
			{"expanded", []int{3, 4}, []float32{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}},
			{"tail", []int{4}, []float32{20, 21, 22, 23}},
			{"scalar", []int{}, []float32{7}},
			{"empty", []int{0, 5}, []float32{}},
			{"parameter", []int{2}, []float32{0, 1}},
		} {
			x, ok := f.Tensor(c.name)
			if !ok || !slices.Equal(x.Shape, c.shape) {
				t.Fatalf("%s: %s: %+v", file, c.name, x)
			}
			got, err := x.Float32s()
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: %s = %v, %v; want %v", file, c.name, got, err, c.want)
			}
		}
	}
}

func TestTrainingCheckpointsAreUnwrapped(t *testing.T) {
	for _, file := range []string{"wrapped_zip.pth", "wrapped_legacy.pth"} {
		f := mustOpen(t, filepath.Join("testdata/torch", file))
		if f.Wrapped != "state_dict" || f.Prefix != "module." || f.NumClasses != 2 || !slices.Equal(f.Classes, []string{"cat", "dog"}) {
			t.Errorf("%s: wrapped %q, prefix %q, %d classes %v", file, f.Wrapped, f.Prefix, f.NumClasses, f.Classes)
		}
		if len(f.Tensors()) != 2 || f.Tensors()[0].Name != "a.weight" || f.Tensors()[1].Name != "a.bias" {
			t.Errorf("%s: %+v", file, f.Tensors())
		}
	}
}

func TestOtherTorchFilesAreNamed(t *testing.T) {
	for file, want := range map[string]string{
		"module.pth":  `an object of the class "torch.nn.modules.linear.Linear", not a dictionary of tensors: if that is a model, save model.state_dict() instead`,
		"tensor.pth":  "a single tensor",
		"numbers.pth": `no tensors, only the keys "epoch", "loss"`,
		"script.pt":   "TorchScript",
	} {
		_, err := Open(filepath.Join("testdata/torch", file))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error %v", file, err)
		}
	}
}

// Later PyTorch wraps tensors that have attributes: (function, type,
// arguments, state). By hand, since 1.13 does not write it.
func TestTensorsWithAttributesAreRead(t *testing.T) {
	plain := tensorPickle(4, 0, []int64{4}, []int64{1})
	const rebuild = "ctorch._utils\n_rebuild_tensor_v2\n"
	at := strings.Index(plain, rebuild)
	args := strings.TrimSuffix(plain[at+len(rebuild):], "Rs.")
	typed := plain[:at] + "ctorch._tensor\n_rebuild_from_type_v2\n(" + rebuild + "ctorch\nTensor\n" + args + "}tRs."
	path := filepath.Join(t.TempDir(), "typed.pth")
	if err := os.WriteFile(path, torchZip(t, typed, 16), 0o666); err != nil {
		t.Fatal(err)
	}
	if x, ok := mustOpen(t, path).Tensor("a"); !ok || !slices.Equal(x.Shape, []int{4}) {
		t.Errorf("%+v", x)
	}
}
