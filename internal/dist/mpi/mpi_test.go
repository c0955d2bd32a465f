package mpi

import (
	"slices"
	"strings"
	"testing"
)

func TestTheLibrarysOwnWordsDecideTheABI(t *testing.T) {
	for _, c := range []struct {
		version  string
		standard int
		want     string
	}{
		{"Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022", 0, "Open MPI"},
		{"MPICH Version:      4.0.2\nMPICH Release date: Thu Apr  7", 0, "MPICH"},
		{"MPICH Version:      5.0.0", -1, "MPICH"},
		{"Intel(R) MPI Library 2021.5 for Linux* OS\n", 0, "MPICH"},
		{"MVAPICH2 Version      :	2.3.7", 0, "MPICH"},
		{"Open MPI v6.0.0", 1, "MPI ABI 1"},
		{"Quick MPI 1.0\nbuilt today", 1, "MPI ABI 1"},
	} {
		if got, err := chooseABI(c.version, c.standard); err != nil || got.name != c.want {
			t.Errorf("%q, %d: %s, %v; want %s", c.version, c.standard, got.name, err, c.want)
		}
	}
}

func TestAnUnknownLibraryIsRefusedByName(t *testing.T) {
	_, err := chooseABI("Quick MPI\t1.0\nbuilt today", 0)
	if err == nil || !strings.Contains(err.Error(), `"Quick MPI 1.0" is not known`) {
		t.Error(err)
	}
	if _, err = chooseABI("Open MPI v9", 2); err == nil || !strings.Contains(err.Error(), "MPI ABI 2 is not known (Open MPI v9)") {
		t.Error(err)
	}
}

func TestTheLaunchersLibraryComesFirst(t *testing.T) {
	env := map[string]string{}
	s := surroundings{
		getenv:   func(name string) string { return env[name] },
		launcher: "/opt/mpi/bin/orterun",
		exists: func(name string) bool {
			return slices.Contains([]string{"/opt/mpi/lib/libmpi.so.40", "/opt/mpi/lib/libmpi.so.12", "/opt/intel/lib/release/libmpi.so.12"}, name)
		},
	}
	check := func(why, asked string, first ...string) {
		t.Helper()
		if got := candidates(asked, s); !slices.Equal(got[:min(len(got), len(first))], first) {
			t.Errorf("%s: %q, want first %q", why, got, first)
		}
	}
	check("asked for", "libfoo.so", "libfoo.so")
	if got := candidates("libfoo.so", s); len(got) != 1 {
		t.Errorf("asked for: tries %q, too", got[1:])
	}
	env["OMPI_COMM_WORLD_SIZE"] = "2"
	check("mpirun of Open MPI", "", "/opt/mpi/lib/libmpi.so.40", "/opt/mpi/lib/libmpi.so.12", "libmpi.so.40")
	env = map[string]string{"PMI_SIZE": "2", "I_MPI_ROOT": "/opt/intel"}
	check("mpirun of Intel MPI", "", "/opt/intel/lib/release/libmpi.so.12", "/opt/mpi/lib/libmpi.so.12", "/opt/mpi/lib/libmpi.so.40", "libmpi.so.12", "libmpich.so.12")
	s.launcher = ""
	env = map[string]string{}
	check("an unknown launcher", "", "libmpi.so.40", "libmpi.so.12")
}
