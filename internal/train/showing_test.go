package train

import (
	"bytes"
	"strings"
	"testing"

	"csl/internal/progress"
)

func TestASlowStepShowsHowMuchOfItIsDone(t *testing.T) {
	var terminal bytes.Buffer
	d := progress.New(progress.Options{Out: &terminal, TTY: true, Width: func() int { return 120 }})
	h := &showing{task: d.Start("", "img", 240), epochs: 3}
	s := &state{}
	h.label(s)
	h.within(s, 0.37)
	if !strings.Contains(terminal.String(), "epoch 1/3") || !strings.Contains(terminal.String(), "step 1: 37%") {
		t.Errorf("terminal %q", terminal.String())
	}
}
