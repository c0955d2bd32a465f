package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Best is the fastest set of float32 kernels that this machine can run, or the one that the
// environment variable CSL_KERNELS names. A name that is not available is an error that lists the
// ones that are.
func Best() (Set[float32], error) {
	if name := os.Getenv("CSL_KERNELS"); name != "" {
		s, err := ByName(name)
		if err != nil {
			return nil, fmt.Errorf("CSL_KERNELS: %w", err)
		}
		return s, nil
	}
	return Sets()[0], nil
}

// ByName is the set of float32 kernels called name, if this machine can run it.
func ByName(name string) (Set[float32], error) {
	var names []string
	for _, s := range Sets() {
		if s.Name() == name {
			return s, nil
		}
		names = append(names, s.Name())
	}
	return nil, fmt.Errorf("kernels %q are unknown or cannot run here: use %s", name, strings.Join(names, " or "))
}

// Sets is every set of float32 kernels that this machine can run, the fastest first.
func Sets() []Set[float32] { return append(fast(), Portable[float32]()) }
