// Package layers says which package may import which: one table, which a test compares with every import of
// the module, those of tests included. A new package gets its row
// here; nothing else belongs here.
package layers

// layer is a group of packages, named by their folders. A package may import those of lower layers and, except
// among workflows, those that stand before it in its own.
type layer struct {
	name     string
	packages []string
}

// layers is the table, the lowest first.
func layers() []layer {
	return []layer{
		{"base", []string{
			"internal/count", "internal/exactjson", "internal/garbage", "internal/jsonscan", "internal/lfs", "internal/limit", "internal/memory",
			"internal/npy", "internal/parallel", "internal/printable", "internal/regular", "internal/similar", "internal/textio",
			"internal/safefile", "internal/safefile/faultfs", "internal/progress", "internal/rundir", "internal/fixture", "internal/dist", "internal/dist/mpi",
			"internal/tensorboard/tensorboardtest", "internal/tensorboard",
		}},
		{"arithmetic", []string{
			"internal/kernel", "internal/kernel/plan", "internal/kernel/portable", "internal/kernel/asm", "internal/kernel/simd",
			"internal/kernel/kernels", "internal/kernel/kerneltest",
		}},
		{"graph", []string{"internal/graph"}},
		{"domain", []string{
			"internal/loss", "internal/loss/lossgraph", "internal/optim", "internal/metric", "internal/model",
			"internal/images", "internal/images/imagestest", "internal/images/bmp", "internal/images/gif",
			"internal/images/jpeg", "internal/images/png", "internal/images/tiff", "internal/images/webp",
			"internal/images/codec", "internal/images/transform", "internal/images/source", "internal/images/loader",
			"internal/labels/labelstest", "internal/labels", "internal/audit/list", "internal/scores", "internal/synth", "internal/prior", "internal/config",
		}},
		{"files and data", []string{
			"internal/checkpoint/pickle", "internal/checkpoint", "internal/checkpoint/timmtest",
			"internal/checkpoint/checkpointtest", "internal/checkpoint/onnx", "internal/checkpoint/onnx/onnxtest",
			"internal/dataset", "internal/modelfile", "internal/predict",
		}},
		{workflows, []string{
			"internal/bench", "internal/infer/annotate", "internal/infer", "internal/validate", "internal/train",
			"internal/estimate", "internal/report", "internal/audit", "internal/sweep", "internal/review/browser", "internal/review",
		}},
		{"program", []string{"internal/e2e", "cmd/csl", "internal/dist/mpi/testrank"}},
		{"checks of the source", []string{"internal/layers", "internal/doctest", "internal/tools/exported", "internal/tools/active", "internal/tools/scaling", "internal/images/gen", "internal/kernel/gen", "scripts/avx512/init"}},
	}
}

// workflows is the layer whose packages do not import each other, but for those that sideways lists.
const workflows = "workflows"

// sideways are the imports among workflows: estimate trains a temporary model, train scores its test split, infer draws, sweep calls all that it compares.
func sideways() [][2]string {
	return [][2]string{
		{"internal/sweep", "internal/train"},
		{"internal/sweep", "internal/estimate"},
		{"internal/sweep", "internal/validate"},
		{"internal/sweep", "internal/report"},
		{"internal/estimate", "internal/train"},
		{"internal/audit", "internal/train"},
		{"internal/train", "internal/validate"},
		{"internal/infer", "internal/infer/annotate"},
	}
}

// testOnly are the packages that nothing but tests imports.
func testOnly() []string {
	return []string{
		"internal/fixture", "internal/safefile/faultfs", "internal/kernel/kerneltest",
		"internal/images/imagestest", "internal/checkpoint/timmtest", "internal/checkpoint/checkpointtest",
		"internal/checkpoint/onnx/onnxtest", "internal/labels/labelstest", "internal/tensorboard/tensorboardtest", "internal/review/browser",
	}
}
