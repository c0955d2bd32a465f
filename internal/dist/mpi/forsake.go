//go:build mpi && linux

package mpi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// Forsake implements [dist.Transport]. MPI_Abort ends this process and those beside it at once; a moment later a process that outlives this
// one ends the launcher, if it is one that would wait.
func (t *transport) Forsake(code int, cause string) {
	parent := os.Getppid()
	if program, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(parent), "exe")); err == nil && waitsForHosts(program) {
		end := exec.Command("/bin/sh", "-c", fmt.Sprintf("sleep 1; kill -9 %d", parent))
		end.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // not of the group that the launcher ends
		_ = end.Start()                                      // else the launcher stays as long as it likes
	}
	t.Abort(code, cause)
}
