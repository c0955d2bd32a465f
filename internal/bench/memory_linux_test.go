package bench

import "testing"

func TestParsesThePeakResidentSize(t *testing.T) {
	if n, ok := parseHWM([]byte("VmPeak:\t 99 kB\nVmHWM:\t  1234 kB\nVmRSS:\t 12 kB\n")); !ok || n != 1234<<10 {
		t.Errorf("%d, %v", n, ok)
	}
	for _, bad := range []string{"", "VmHWM:\n", "VmHWM: x kB\n", "VmHWM: 12 MB\n", "VmRSS: 12 kB"} {
		if n, ok := parseHWM([]byte(bad)); ok {
			t.Errorf("%q: %d", bad, n)
		}
	}
	if n, ok := peakRSS(); !ok || n < 1<<20 {
		t.Errorf("this process: %d, %v", n, ok)
	}
}
