package main

import (
	"strings"
	"testing"
)

// The names that flags had in the reference and in older versions go on working, hidden.
func TestOldFlagNamesMeanTodaysFlags(t *testing.T) {
	for _, x := range []struct{ command, old, now string }{
		{"infer", "pic_path", "images"},
		{"infer", "th", "threshold"},
		{"infer", "thre", "threshold"},
		{"infer", "input_size", "image_size"},
		{"infer", "path_dest", "out"},
		{"validate", "thre", "threshold"},
		{"validate", "th", "threshold"},
		{"validate", "input_size", "image_size"},
		{"validate", "skip_bad", "skip_broken"},
		{"report", "pictures", "images"},
		{"report", "score_pictures", "score_images"},
		{"bench", "input_size", "image_size"},
		{"info", "input_size", "image_size"},
		{"train", "input_size", "image_size"},
		{"train", "path_dest", "out"},
		{"train", "skip_bad", "skip_broken"},
	} {
		s, _, _ := fakeStreams()
		cmd, _, err := newRootCommand(s).Find([]string{x.command})
		if err != nil {
			t.Fatal(err)
		}
		for _, old := range []string{x.old, strings.ReplaceAll(x.old, "_", "-")} {
			f, today := cmd.Flags().Lookup(old), cmd.Flags().Lookup(strings.ReplaceAll(x.now, "_", "-"))
			if f == nil || f != today || f.Name != x.now {
				t.Errorf("csl %s --%s is not --%s", x.command, old, x.now)
			}
		}
		if strings.Contains(cmd.Flags().FlagUsages(), "      --"+x.old+" ") {
			t.Errorf("csl %s lists --%s", x.command, x.old)
		}
	}
}
