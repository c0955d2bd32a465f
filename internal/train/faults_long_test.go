//go:build long

package train

import (
	"fmt"
	"testing"

	"csl/internal/safefile/faultfs"
)

func TestARunGoesOnAfterAFailureOrDeathAtAnyStep(t *testing.T) {
	d, j := faultData(t), newJob(t)
	want, steps, bytes := whole(t, d, j)
	for i, kind := range steps {
		for _, dead := range []bool{false, true} {
			what, out := fmt.Sprintf("dead %v, step %d, %s", dead, i+1, kind), t.TempDir()
			fsys := faultfs.New(i + 1)
			fsys.Dead = dead
			breakRun(t, j, fsys, what, faultSettings(d, out), out)
			goOn(t, j, what, faultSettings(d, out), out, want)
		}
	}
	for n := int64(0); n < bytes; n += bytes/97 + 1 {
		what, out := fmt.Sprintf("full after %d bytes", n), t.TempDir()
		breakRun(t, j, faultfs.Full(n), what, faultSettings(d, out), out)
		goOn(t, j, what, faultSettings(d, out), out, want)
	}
}
