package dist

import (
	"fmt"
	"strconv"
)

// Launch is what a launcher told this process in its environment.
type Launch struct {
	By   string // the variable by which it was recognised
	Rank int    // of this process, from 0
	Size int    // 0 where the launcher does not say
	Here int    // ranks on this machine; 0 where the launcher does not say
}

// FromEnvironment recognises mpirun and its like by the variables that they set: those of Open MPI, of MPICH's process
// manager (and its relatives, srun --mpi=pmi2 included), of PMIx (srun --mpi=pmix). ok is false without a launcher.
// The numbers of Slurm alone are not enough, since srun also starts independent processes.
func FromEnvironment(getenv func(string) string) (l Launch, ok bool, err error) {
	for _, v := range []struct{ rank, size string }{
		{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
		{"PMI_RANK", "PMI_SIZE"},
		{"PMIX_RANK", ""},
	} {
		by := v.size
		if by == "" {
			by, v.size = v.rank, firstSet(getenv, "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")
		}
		if getenv(by) == "" {
			continue
		}
		l = Launch{By: by}
		if v.size != "" {
			if l.Size, err = atLeast(getenv, v.size, 1); err != nil {
				return Launch{}, false, err
			}
		}
		if l.Rank, err = atLeast(getenv, v.rank, 0); err != nil {
			return Launch{}, false, err
		}
		if l.Size > 0 && l.Rank >= l.Size {
			return Launch{}, false, fmt.Errorf("environment: %s is %d, but %s says that there are %d ranks", v.rank, l.Rank, v.size, l.Size)
		}
		if here := firstSet(getenv, "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"); here != "" {
			if l.Here, err = atLeast(getenv, here, 1); err != nil {
				return Launch{}, false, err
			}
		}
		return l, true, nil
	}
	return Launch{}, false, nil
}

// firstSet is the first of the variables that is set, or "".
func firstSet(getenv func(string) string, names ...string) string {
	for _, n := range names {
		if getenv(n) != "" {
			return n
		}
	}
	return ""
}

// atLeast is the whole number in a variable.
func atLeast(getenv func(string) string, name string, least int) (int, error) {
	n, err := strconv.Atoi(getenv(name))
	if err != nil || n < least {
		return 0, fmt.Errorf("environment: %s=%q: must be a whole number of at least %d", name, getenv(name), least)
	}
	return n, nil
}
