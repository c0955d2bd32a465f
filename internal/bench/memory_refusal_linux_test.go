package bench

import (
	"errors"
	"testing"

	"csl/internal/memory"
)

func TestWhatCannotFitIsRefusedBeforeAllocation(t *testing.T) {
	for name, mutate := range map[string]func(*Options){
		"size":    func(o *Options) { o.Size = 1 << 22 },
		"batch":   func(o *Options) { o.Batch = 1 << 50 },
		"planned": func(o *Options) { o.Model, o.Size = "tresnet_xl", 1<<18 },
	} {
		for _, mode := range []string{Infer, Train} {
			o := tiny(mode)
			mutate(&o)
			if _, err := Run(t.Context(), nil, o); !errors.As(err, new(*memory.TooLittle)) {
				t.Errorf("%s, %s: %v", name, mode, err)
			}
		}
	}
}
