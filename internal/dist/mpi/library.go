package mpi

import "path/filepath"

// surroundings are what the search for the library looks at.
type surroundings struct {
	getenv   func(string) string
	launcher string                 // the program that started this process, "" where it is not known
	exists   func(name string) bool // of a file
}

// candidates are the libraries to try, the best first: the one that was asked for, else those beside the launcher, since a
// library of another MPI would not find the other ranks, else names for the system's loader.
func candidates(asked string, s surroundings) []string {
	if asked != "" {
		return []string{asked}
	}
	names := fileNames(s)
	var found []string
	for _, dir := range folders(s) {
		for _, n := range names {
			if f := filepath.Join(dir, n); s.exists(f) {
				found = append(found, f)
			}
		}
	}
	return append(found, names...)
}

// fileNames are those of the library: of the family whose launcher this is, if it tells, first.
func fileNames(s surroundings) []string {
	open, mpich, standard := []string{"libmpi.so.40"}, []string{"libmpi.so.12", "libmpich.so.12"}, []string{"libmpi_abi.so.0", "libmpi.so"}
	if s.getenv("OMPI_COMM_WORLD_SIZE") == "" && s.getenv("PMI_SIZE") != "" {
		open, mpich = mpich, open
	}
	return append(append(open, mpich...), standard...)
}

// folders are where the launcher's installation has its libraries.
func folders(s surroundings) []string {
	var prefixes []string
	for _, v := range []string{"OPAL_PREFIX", "I_MPI_ROOT", "MPI_HOME"} {
		if p := s.getenv(v); p != "" {
			prefixes = append(prefixes, p)
		}
	}
	if s.launcher != "" {
		prefixes = append(prefixes, filepath.Dir(filepath.Dir(s.launcher))) // PREFIX/bin/orterun
	}
	var all []string
	for _, p := range prefixes {
		for _, d := range []string{"lib", "lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib/release"} {
			all = append(all, filepath.Join(p, d))
		}
	}
	return all
}
