package mpi

import "testing"

func TestLaunchersThatWaitForLostMachinesAreKnown(t *testing.T) {
	for program, want := range map[string]bool{
		"/usr/bin/orterun": true, "/opt/ompi/bin/prted": true, "/usr/sbin/slurmstepd": false, "/bin/bash": false, "": false,
	} {
		if waitsForHosts(program) != want {
			t.Error(program)
		}
	}
}
