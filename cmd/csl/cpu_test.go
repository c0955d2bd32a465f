package main

import (
	"strings"
	"testing"
)

const tinyBench = "bench --model_name tresnet_tiny --input_size 32 --num_classes 5 --batch_size 1 --mode infer --seconds 0 --format json"

func TestEnvironmentChoosesTheKernels(t *testing.T) {
	t.Setenv(kernelsVariable, "portable")
	code, out, err := csl(t, strings.Fields(tinyBench)...)
	if code != exitOK || !strings.Contains(out, `"kernels":"portable"`) {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, err)
	}
}

func TestUnknownKernelsAreAnErrorThatListsTheAvailable(t *testing.T) {
	t.Setenv(kernelsVariable, "abacus")
	code, out, err := csl(t, strings.Fields(tinyBench)...)
	if code != exitFailure || out != "" || !strings.Contains(err, `CSL_KERNELS: kernels "abacus"`) || !strings.Contains(err, "portable") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, err)
	}
}
