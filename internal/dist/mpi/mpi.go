// Package mpi is the transport of package dist over MPI: the ranks are processes that mpirun or srun started. The library is
// opened at run time (github.com/ebitengine/purego), so that neither headers nor a C compiler are needed; a program
// that does so is linked dynamically, which is why it takes the build tag mpi (make build-mpi). Without the tag
// [Join] says so, and the program stays static.
//
// Three ABIs are known: Open MPI's, that of MPICH and its relatives, and the standard one of MPI 5. Little is needed of
// each, since package dist only has bytes moved: the communicator of all ranks, the type of a byte and an error handler.
package mpi

import "time"

// Options say how to join.
type Options struct {
	// Library is the file or name of the library to open, "" to look for it: beside the launcher, then
	// where the system's loader looks.
	Library string
	// Timeout is how long a call may wait for other ranks before the job counts as broken; 0 means
	// [DefaultTimeout].
	Timeout time.Duration
}

// DefaultTimeout is long beside anything that one rank does while others wait, such as saving.
const DefaultTimeout = 10 * time.Minute
