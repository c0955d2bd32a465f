package report

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/config"
)

func TestRunsThatDifferBySeedAreSummedUp(t *testing.T) {
	root := t.TempDir()
	var dirs []string
	for _, mode := range []string{config.ModeNegative, config.ModeSelective} {
		for seed := range uint64(3) {
			f := newFixture(t, filepath.Join(root, fmt.Sprint(mode, seed)), mode)
			f.cfg.Train.Seed, f.cfg.Simulate.Seed = seed, seed
			if mode == config.ModeSelective {
				f.cfg.Prior.Path = fmt.Sprint("prior", seed, ".csv")
			}
			f.config().logs(50, 60+2*float64(seed))
			dirs = append(dirs, f.dir)
		}
	}
	other := newFixture(t, filepath.Join(root, "other"), config.ModeNegative)
	other.cfg.Optimizer.LR = 1
	dirs = append(dirs, other.config().logs(10).dir)

	s, page := write(t, options(t, dirs...))
	if len(s.Repeats) != 2 {
		t.Fatalf("repeats %+v", s.Repeats)
	}
	r := s.Repeats[1]
	if r.Mode != "selective" || fmt.Sprint(r.Runs, r.Seeds) != "[3 4 5] [0 1 2]" || r.MAPPartial != (Spread{63, 2}) || r.MAPO != (Spread{62, 2}) {
		t.Errorf("repeat %+v", r)
	}
	elements(t, page, nil)
	if !strings.Contains(page, "63.00 ± 2.00") || !strings.Contains(page, "(seeds 0, 1, 2)") {
		t.Error("the page does not sum up")
	}
	var b bytes.Buffer
	if err := s.WriteText(&b); err != nil || !strings.Contains(b.String(), "selective      3  63.00 ± 2.00  62.00 ± 2.00\n") {
		t.Errorf("table\n%s%v", &b, err)
	}
}

func TestARunRepeatedWithTheSameSeedIsNoSample(t *testing.T) {
	root := t.TempDir()
	var dirs []string
	for i := range 2 {
		f := newFixture(t, filepath.Join(root, fmt.Sprint(i)), config.ModeNegative)
		dirs = append(dirs, f.config().logs(50).dir)
	}
	if s, _ := write(t, options(t, dirs...)); len(s.Repeats) != 0 {
		t.Errorf("repeats %+v", s.Repeats)
	}
}
