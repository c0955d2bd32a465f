package train

import (
	"context"
	"fmt"
	"os"
	"strings"

	"csl/internal/config"
	"csl/internal/exactjson"
)

// restore continues from the state that was found, if there is one. It is called before the logs are
// opened, and returns their lengths.
func (t *trainer) restore(ctx context.Context) (n lengths, err error) {
	from := t.folder.from
	if from == nil {
		return n, nil
	}
	var s saved
	text, err := os.ReadFile(from.Path(stateFile))
	if err == nil {
		err = exactjson.Unmarshal(text, &s)
	}
	if err == nil {
		err = t.adopt(s)
	}
	if err == nil {
		err = t.stepper.restore(ctx, from, t.Cursor.Step)
	}
	if err != nil {
		return n, fmt.Errorf("resume %q: %w", t.folder.dir, err)
	}
	t.noteSaved()
	return s.lengths, nil
}

// adopt takes all that changes during a run but tensors.
func (t *trainer) adopt(s saved) error {
	if changed := t.data.size.changes(s.Data); len(changed) > 0 {
		if !t.o.ForceResume || t.data.size.Classes != s.Data.Classes {
			return fmt.Errorf("the data changed: %s (--force_resume goes on all the same)", strings.Join(changed, ", "))
		}
		t.o.Display.Log().Warn("the data changed since the run was saved: " + strings.Join(changed, ", "))
		if t.stepper.turned != nil {
			t.stepper.turned.stale = true
			t.o.Display.Log().Warn("the labels that the loss turned were those of the earlier data: all are unknown again")
		}
	}
	t.state = s.state
	t.skips.restore(s.Skips)
	if t.running == nil || s.Running == nil {
		return nil
	}
	return t.running.Restore(*s.Running)
}

// sameSettings refuses to continue a run under another configuration, naming the settings that
// differ. A setting that csl did not have when the run was saved was what its default is now.
func sameSettings(saved, now string) error {
	if now == saved {
		return nil
	}
	was, err := parseSaved("saved configuration", saved)
	if err != nil {
		return err
	}
	is, err := parseSaved("configuration", now)
	if err != nil {
		return err
	}
	var differ []string
	longer := false
	for _, c := range config.Diff(was, is) {
		differ = append(differ, fmt.Sprintf("%s was %s, not %s", c.Key, c.Was, c.Is))
		longer = longer || strings.HasPrefix(c.Key, "schedule.")
	}
	if len(differ) == 0 {
		return nil
	}
	err = fmt.Errorf("the run has other settings: %s", strings.Join(differ, "; "))
	if longer {
		err = fmt.Errorf("%w; the learning rate follows the whole schedule: to train longer, start a new run from the weights with --model_path", err)
	}
	return err
}

// parseSaved reads what configText wrote, which names no folder where one must be named.
func parseSaved(name, text string) (*config.Config, error) {
	return config.Parse(name, []byte(strings.Replace(text, "\n  out: \"\"\n", "\n  out: any\n", 1)))
}
