package dist

import (
	"strings"
	"testing"
)

// variables are an environment.
type variables map[string]string

func (v variables) get(name string) string { return v[name] }

func TestLaunchersAreRecognisedByTheirEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		env  variables
		want Launch
		ok   bool
		err  string
	}{
		"none":     {env: variables{}},
		"Open MPI": {variables{"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "2", "PMIX_RANK": "2"}, Launch{"OMPI_COMM_WORLD_SIZE", 2, 4, 2}, true, ""},
		"MPICH":    {variables{"PMI_RANK": "0", "PMI_SIZE": "3", "MPI_LOCALNRANKS": "3"}, Launch{"PMI_SIZE", 0, 3, 3}, true, ""},
		"srun with PMIx": {
			variables{"PMIX_RANK": "1", "SLURM_NTASKS": "9", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"},
			Launch{"PMIX_RANK", 1, 2, 0},
			true, "",
		},
		"PMIx of an unknown size":         {variables{"PMIX_RANK": "1"}, Launch{"PMIX_RANK", 1, 0, 0}, true, ""},
		"srun of independent processes":   {env: variables{"SLURM_NTASKS": "2", "SLURM_PROCID": "1"}},
		"a rank that is missing":          {env: variables{"PMI_SIZE": "2"}, err: `PMI_RANK=""`},
		"a size that is not a number":     {env: variables{"PMI_SIZE": "two", "PMI_RANK": "0"}, err: `PMI_SIZE="two"`},
		"a rank beyond the number of all": {env: variables{"PMI_SIZE": "2", "PMI_RANK": "2"}, err: "there are 2 ranks"},
	} {
		got, ok, err := FromEnvironment(c.env.get)
		if got != c.want || ok != c.ok || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %+v, %v, %v; want %+v, %v, %q", name, got, ok, err, c.want, c.ok, c.err)
		}
	}
}
