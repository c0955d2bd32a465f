package mpi

import "path/filepath"

// waitsForHosts tells whether a launcher, by the path of its program, waits for machines that it cannot reach until TCP gives them up:
// Open MPI's mpirun and its daemons do. Batch systems watch their machines themselves.
func waitsForHosts(program string) bool {
	switch filepath.Base(program) {
	case "mpirun", "mpirun.openmpi", "mpiexec", "mpiexec.openmpi", "orterun", "orted", "prterun", "prted":
		return true
	}
	return false
}
