package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	// leastFiles are the file descriptors of a small training: streams, images, labels, saved state and the runtime's.
	leastFiles = 16
	// spareThreads are those of the runtime beside the ones that compute.
	spareThreads = 8
	// countedThreads is the largest limit on threads that is compared with the user's: counting them takes a look at every
	// process.
	countedThreads = 1 << 13
	// rlimitNproc is RLIMIT_NPROC, the limit on a user's threads.
	rlimitNproc = 6
)

// enough refuses to begin where a limit of the process leaves too few file descriptors or threads: Go's runtime ends at
// once when it lacks either.
func enough(threads int) error {
	var files, procs syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil && files.Cur < leastFiles {
		return fmt.Errorf("too few file descriptors: csl needs at least %d; the limit is %d (ulimit -n)", leastFiles, files.Cur)
	}
	uid := os.Getuid()
	if err := syscall.Getrlimit(rlimitNproc, &procs); err != nil || uid == 0 || procs.Cur > countedThreads {
		return nil //nolint:nilerr // without a limit to read there is none to compare with
	}
	need, used := uint64(threads+spareThreads), threadsOf(uid) //nolint:gosec // threads is at most maxThreads
	if used+need > procs.Cur {
		return fmt.Errorf("too few threads: csl needs about %d; this user runs %d and the limit is %d (ulimit -u)",
			need, used, procs.Cur)
	}
	return nil
}

// threadsOf counts the threads of a user.
func threadsOf(uid int) (n uint64) {
	tasks, _ := filepath.Glob("/proc/[0-9]*/status") // the pattern is well formed
	for _, path := range tasks {
		text, err := os.ReadFile(path)
		if err != nil || statusField(text, "Uid:") != uint64(uid) { //nolint:gosec // a user's number is not negative
			continue // it ended, or is another user's
		}
		n += statusField(text, "Threads:")
	}
	return n
}

// statusField is the first number of a line of /proc/PID/status, 0 without one.
func statusField(text []byte, name string) uint64 {
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) > 1 && string(fields[0]) == name {
			n, _ := strconv.ParseUint(string(fields[1]), 10, 64) // 0 if it is not a number
			return n
		}
	}
	return 0
}
