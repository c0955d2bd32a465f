package main

import (
	"fmt"
	"os"

	"csl/internal/checkpoint"
	"csl/internal/graph"
	"csl/internal/kernel"
	"csl/internal/kernel/kernels"
	"csl/internal/memory"
)

// kernelsVariable is the environment variable that names the set of kernels to compute with.
const kernelsVariable = "CSL_KERNELS"

// leastMemory is what the smallest computation takes: Go's runtime asks for 64 MB of addresses at a time.
const leastMemory = 128 << 20

// startCPU starts the backend of a command, with as many threads as --threads says and the kernels that the
// environment names, else the fastest of this machine. Nothing else chooses kernels.
func (s *streams) startCPU() (*graph.CPU, error) { return s.startThreads(s.global.threads) }

// startThreads is startCPU with another number of threads.
func (s *streams) startThreads(threads int) (*graph.CPU, error) {
	if err := memory.Need("computing needs at least", leastMemory); err != nil {
		return nil, err
	}
	set, err := chooseKernels()
	if err != nil {
		return nil, err
	}
	return graph.NewCPU(threads, set)
}

// chooseKernels is the set that the environment names, else the fastest of this machine.
func chooseKernels() (kernel.Set[float32], error) {
	set, err := kernels.Choose(os.Getenv(kernelsVariable))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kernelsVariable, err)
	}
	return set, nil
}

// packedFor is what packed weights must be for so that this process can use them.
func packedFor() (*checkpoint.PackedFor, error) {
	set, err := chooseKernels()
	if err != nil {
		return nil, err
	}
	return &checkpoint.PackedFor{Revision: kernel.PackedRevision, Version: version(), Kernels: set.Name()}, nil
}
