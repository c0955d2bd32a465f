package main

import (
	"fmt"
	"os"

	"csl/internal/graph"
	"csl/internal/kernel"
)

// kernelsVariable is the environment variable that names the set of kernels to compute with.
const kernelsVariable = "CSL_KERNELS"

// startCPU starts the backend of a command, with as many threads as --threads says and the kernels that the
// environment names, else the fastest of this machine. Nothing else chooses kernels.
func (s *streams) startCPU() (*graph.CPU, error) {
	set, err := kernel.Choose(os.Getenv(kernelsVariable))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kernelsVariable, err)
	}
	return graph.NewCPU(s.global.threads, set)
}
