//go:build mpi && linux

package mpi

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"csl/internal/dist"

	"github.com/ebitengine/purego"
)

// Built says whether this program can join a group of MPI.
const Built = true

// Join opens the library and joins the ranks that the launcher started. A process joins once.
func Join(o Options) (dist.Group, error) {
	return dist.Open(func() (dist.Transport, error) {
		t, err := join(o)
		if err != nil {
			return nil, err // not a nil *transport
		}
		return t, nil
	})
}

func join(o Options) (*transport, error) {
	for name, value := range map[string]string{
		// Handlers that UCX and PSM install for crashes would take signals that Go's runtime needs.
		"UCX_ERROR_SIGNALS": "", "IPATH_NO_BACKTRACE": "1", "HFI_NO_BACKTRACE": "1",
		// Between ranks of one machine, copying twice through shared memory is faster for pieces of some MB than
		// having the kernel copy once from process to process.
		"OMPI_MCA_btl_vader_single_copy_mechanism": "none",
	} {
		if _, set := os.LookupEnv(name); set {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	lib, err := open(o.Library)
	if err != nil {
		return nil, err
	}
	handlers := actions()
	t := &transport{
		lib: lib, timeout: cmp.Or(o.Timeout, DefaultTimeout),
		requested: make(chan struct{}), terminated: make(chan os.Signal, 1),
	}
	t.pauses.begin()
	t.host, _ = os.Hostname() // a name for messages only
	if err := t.begin(); err != nil {
		return nil, fmt.Errorf("%s: %w", lib.path, err)
	}
	handlers.restore()
	signal.Notify(t.terminated, syscall.SIGTERM)
	return t, nil
}

// library is an opened libmpi.
type library struct {
	path    string
	version string // what it says of itself, one line
	abi     abi
	handle  uintptr
	calls   calls
}

// calls are the addresses of the functions that are used.
type calls struct {
	initThread, finalize, abort, setErrhandler uintptr
	rank, size, errorString                    uintptr
	alltoallv, allgatherv, test                uintptr
}

// open opens the first library among the candidates that can be opened.
func open(asked string) (*library, error) {
	var failed []string
	for _, path := range candidates(asked, here()) {
		// Plug-ins of Open MPI expect its symbols to be global.
		handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			failed = append(failed, err.Error())
			continue
		}
		l := &library{path: path, handle: handle}
		if err := l.resolve(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return l, nil
	}
	return nil, errors.New("no MPI library can be opened; install the one that mpirun belongs to, or name it in CSL_MPI_LIBRARY (" + strings.Join(failed, "; ") + ")")
}

// resolve finds functions and handles.
func (l *library) resolve() error {
	for _, f := range []struct {
		name string
		at   *uintptr
	}{
		{"MPI_Init_thread", &l.calls.initThread},
		{"MPI_Finalize", &l.calls.finalize},
		{"MPI_Abort", &l.calls.abort},
		{"MPI_Comm_set_errhandler", &l.calls.setErrhandler},
		{"MPI_Comm_rank", &l.calls.rank},
		{"MPI_Comm_size", &l.calls.size},
		{"MPI_Error_string", &l.calls.errorString},
		{"MPI_Ialltoallv", &l.calls.alltoallv},
		{"MPI_Iallgatherv", &l.calls.allgatherv},
		{"MPI_Test", &l.calls.test},
	} {
		var err error
		if *f.at, err = purego.Dlsym(l.handle, f.name); err != nil {
			return fmt.Errorf("is not an MPI library of version 3 or later: %w", err)
		}
	}
	version, err := l.describe()
	if err != nil {
		return err
	}
	l.version = firstLine(version)
	if l.abi, err = chooseABI(version, l.standardABI()); err != nil {
		return err
	}
	for _, s := range []struct {
		name string
		at   *uintptr
	}{{l.abi.worldSymbol, &l.abi.world}, {l.abi.byteSymbol, &l.abi.byte}, {l.abi.errorsReturnSymbol, &l.abi.errorsReturn}} {
		if s.name == "" {
			continue
		}
		if *s.at, err = purego.Dlsym(l.handle, s.name); err != nil {
			return fmt.Errorf("says that it is %s, but: %w", l.version, err)
		}
	}
	return nil
}

// describe asks the library for its version, which may be done before MPI_Init.
func (l *library) describe() (string, error) {
	f, err := purego.Dlsym(l.handle, "MPI_Get_library_version")
	if err != nil {
		return "", fmt.Errorf("is not an MPI library of version 3 or later: %w", err)
	}
	text, length := make([]byte, 8192), new(int32) // MPI_MAX_LIBRARY_VERSION_STRING of any ABI
	purego.SyscallN(f, uintptr(unsafe.Pointer(&text[0])), uintptr(unsafe.Pointer(length)))
	return string(text[:max(0, min(int(*length), len(text)))]), nil
}

// standardABI is the major version of the standard ABI of the library's handles: see chooseABI.
func (l *library) standardABI() int {
	f, err := purego.Dlsym(l.handle, "MPI_Abi_get_version")
	if err != nil {
		return 0
	}
	major, minor := new(int32), new(int32)
	purego.SyscallN(f, uintptr(unsafe.Pointer(major)), uintptr(unsafe.Pointer(minor)))
	return int(*major)
}

// here are the surroundings of this process.
func here() surroundings {
	parent, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(os.Getppid()), "exe")) // another user's: not known
	return surroundings{os.Getenv, parent, func(name string) bool {
		_, err := os.Stat(name)
		return err == nil
	}}
}
