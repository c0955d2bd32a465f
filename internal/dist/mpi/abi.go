package mpi

import (
	"fmt"
	"strings"
)

// abi is what differs between the libraries: the values of the few constants that are used.
// Handles are addresses of exported objects in Open MPI (given by name here), and numbers elsewhere.
type abi struct {
	name string

	worldSymbol, byteSymbol, errorsReturnSymbol string
	world, byte, errorsReturn                   uintptr

	statusIgnore uintptr
	inPlace      uintptr // this rank's part is where it belongs
	funneled     uintptr // the level of threads at which one thread makes all calls
}

// openMPI has its handles from the symbols that mpi.h (4.1.4) names.
func openMPI() abi {
	return abi{
		name: "Open MPI", worldSymbol: "ompi_mpi_comm_world", byteSymbol: "ompi_mpi_byte", errorsReturnSymbol: "ompi_mpi_errors_return",
		statusIgnore: 0, inPlace: 1, funneled: 1,
	}
}

// mpich has the numbers of MPICH's mpi.h (4.0.2), which its ABI initiative shares with Intel MPI and MVAPICH.
func mpich() abi {
	return abi{name: "MPICH", world: 0x44000000, byte: 0x4c00010d, errorsReturn: 0x54000001, statusIgnore: 1, inPlace: ^uintptr(0), funneled: 1}
}

// standard has the numbers of the MPI 5.0 standard, appendix A (ABI 1.0).
func standard() abi {
	return abi{name: "MPI ABI 1", world: 0x101, byte: 0x247, errorsReturn: 0x143, statusIgnore: 0, inPlace: 1, funneled: 1024}
}

// chooseABI goes by what the library says of itself: version is of MPI_Get_library_version; standardABI is the major
// version of MPI_Abi_get_version, 0 where the library lacks the function and -1 where it says that its handles
// are others.
func chooseABI(version string, standardABI int) (abi, error) {
	switch {
	case standardABI == 1:
		return standard(), nil
	case standardABI > 1:
		return abi{}, fmt.Errorf("MPI ABI %d is not known (%s); versions up to 1 are", standardABI, firstLine(version))
	}
	for _, family := range []struct {
		words []string
		abi   func() abi
	}{
		{[]string{"Open MPI"}, openMPI},
		{[]string{"MPICH", "Intel(R) MPI", "MVAPICH"}, mpich},
	} {
		for _, w := range family.words {
			if strings.Contains(version, w) {
				return family.abi(), nil
			}
		}
	}
	return abi{}, fmt.Errorf("the MPI library %q is not known; Open MPI, MPICH, Intel MPI, MVAPICH and libraries with the standard ABI of MPI 5 are", firstLine(version))
}

// firstLine is the part of a version text that fits into a message.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.ReplaceAll(s, "\t", " "), "\n")
	const most = 120
	if len(s) > most {
		s = s[:most] + "..."
	}
	return s
}
