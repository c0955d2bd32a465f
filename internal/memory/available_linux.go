package memory

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Available is the least of what the machine, the control group and the limit on address space leave; false
// if none of them is known.
func Available() (Limit, bool) { return least(machine, group, addressSpace) }

// Imposed is what limits set for this process leave, its control group's and the one on address space; false
// if there are none.
func Imposed() (Limit, bool) { return least(group, addressSpace) }

func least(of ...func() (Limit, bool)) (Limit, bool) {
	least := Limit{Bytes: math.MaxInt64}
	for _, f := range of {
		if l, ok := f(); ok && l.Bytes < least.Bytes {
			least = l
		}
	}
	least.Bytes = max(least.Bytes, 0)
	return least, least.By != ""
}

// machine is free memory, caches that can be dropped, and swap.
func machine() (Limit, bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return Limit{}, false
	}
	available, ok := field(text, "MemAvailable:")
	swap, _ := field(text, "SwapFree:")
	return Limit{1024 * (available + swap), "the machine's free memory"}, ok
}

// addressSpace is what is left of ulimit -v.
func addressSpace() (Limit, bool) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &r); err != nil || r.Cur > math.MaxInt64 {
		return Limit{}, false
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return Limit{}, false
	}
	used, ok := field(status, "VmSize:")
	return Limit{int64(r.Cur) - 1024*used, "limit on address space, ulimit -v"}, ok
}

// group is what the process's control group leaves, of version 2 or 1.
func group() (Limit, bool) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return Limit{}, false
	}
	for line := range strings.Lines(string(text)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		switch {
		case part[1] == "":
			return within("/sys/fs/cgroup", part[2], "memory.max", "memory.current")
		case strings.Contains(","+part[1]+",", ",memory,"):
			return within("/sys/fs/cgroup/memory", part[2], "memory.limit_in_bytes", "memory.usage_in_bytes")
		}
	}
	return Limit{}, false
}

// within is the least that a group and those around it leave. In a container its own path is the root.
func within(root, path, limitFile, useFile string) (least Limit, found bool) {
	for dir := filepath.Join(root, path); ; dir = filepath.Dir(dir) {
		limit, ok := number(filepath.Join(dir, limitFile))
		use, known := number(filepath.Join(dir, useFile))
		if ok && known {
			stat, _ := os.ReadFile(filepath.Join(dir, "memory.stat")) // without it, caches count as used
			cache, ok := field(stat, "total_inactive_file")           // version 1 has it of the group itself and with its children's
			if !ok {
				cache, _ = field(stat, "inactive_file")
			}
			if left := limit - use + cache; !found || left < least.Bytes {
				least, found = Limit{left, "the control group's limit"}, true
			}
		}
		if len(dir) <= len(root) {
			return least, found
		}
	}
}

// number reads a file of one number; "max" is none.
func number(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// field is the number that follows name at the beginning of a line.
func field(text []byte, name string) (int64, bool) {
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) >= 2 && f[0] == name {
			n, err := strconv.ParseInt(f[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
