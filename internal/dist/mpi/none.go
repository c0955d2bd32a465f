//go:build !mpi || !linux

package mpi

import (
	"errors"

	"csl/internal/dist"
)

// Built says whether this program can join a group of MPI.
const Built = false

// Join says that this program has no MPI.
func Join(Options) (dist.Group, error) {
	return nil, errors.New("this csl is built without MPI: start csl-mpi instead (make build-mpi builds it, on Linux)")
}
