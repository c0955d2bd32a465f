package bench

import (
	"bytes"
	"os"
	"strconv"
)

// peakRSS is the largest resident size that the process has had, in bytes.
func peakRSS() (int64, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	return parseHWM(status)
}

// parseHWM finds "VmHWM:  123 kB" in the text of /proc/PID/status.
func parseHWM(status []byte) (int64, bool) {
	for line := range bytes.Lines(status) {
		fields := bytes.Fields(line)
		if len(fields) != 3 || string(fields[0]) != "VmHWM:" || string(fields[2]) != "kB" {
			continue
		}
		kB, err := strconv.ParseInt(string(fields[1]), 10, 64)
		return kB << 10, err == nil
	}
	return 0, false
}
