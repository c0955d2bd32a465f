// Package kernels chooses among the sets of kernels that this machine can run. It computes nothing.
package kernels

import (
	"fmt"
	"strings"

	"csl/internal/kernel"
	"csl/internal/kernel/portable"
	"csl/internal/kernel/simd"
)

// Choose is the set of float32 kernels called name, or the fastest that this machine can run if name is
// empty. A name that is not available is an error that lists the ones that are.
func Choose(name string) (kernel.Set[float32], error) {
	if name == "" {
		return Sets()[0], nil
	}
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
func Sets() []kernel.Set[float32] { return append(simd.Sets(), portable.New[float32]()) }
