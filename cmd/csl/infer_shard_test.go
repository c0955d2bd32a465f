package main

import (
	"fmt"
	"strings"
	"testing"

	"csl/internal/infer"
)

func TestShardsOneBehindTheOtherAreTheOutputOfOneJob(t *testing.T) {
	dir := album(t)
	for _, format := range []string{"text", "json", "csv"} {
		_, want, _ := inferTiny(t, "--images", dir, "--format", format, "--batch_size", "2")
		if want == "" {
			t.Fatal("no output")
		}
		for _, n := range []int{1, 2, 5} {
			var all strings.Builder
			for i := range n {
				code, out, err := inferTiny(t, "--images", dir, "--format", format, "--batch_size", "2", "--shard", fmt.Sprintf("%d/%d", i+1, n))
				if code != exitOK && code != exitSkipped {
					t.Fatalf("shard %d/%d: %d, %s", i+1, n, code, err)
				}
				all.WriteString(out)
			}
			if all.String() != want {
				t.Errorf("%s, %d shards: %q, want %q", format, n, all.String(), want)
			}
		}
	}
}

func TestShardComesFromTheFlagOrTheArray(t *testing.T) {
	slurm := func(id, first, last, step, count string) map[string]string {
		return map[string]string{
			"SLURM_ARRAY_TASK_ID": id, "SLURM_ARRAY_TASK_MIN": first, "SLURM_ARRAY_TASK_MAX": last,
			"SLURM_ARRAY_TASK_STEP": step, "SLURM_ARRAY_TASK_COUNT": count,
		}
	}
	kubernetes := map[string]string{"JOB_COMPLETION_INDEX": "3"}
	for _, c := range []struct {
		text string
		env  map[string]string
		want infer.Shard
		err  string
	}{
		{text: "", env: slurm("3", "0", "7", "1", "8")},
		{text: "2/8", want: infer.Shard{Number: 1, Of: 8}},
		{text: "8/8", env: kubernetes, want: infer.Shard{Number: 7, Of: 8}},
		{text: "auto", env: slurm("3", "0", "7", "1", "8"), want: infer.Shard{Number: 3, Of: 8}},
		{text: "auto", env: slurm("8", "1", "8", "1", "8"), want: infer.Shard{Number: 7, Of: 8}},
		{text: "auto/4", env: slurm("14", "10", "16", "2", "4"), want: infer.Shard{Number: 2, Of: 4}},
		{text: "auto/4", env: kubernetes, want: infer.Shard{Number: 3, Of: 4}},
		{text: "auto", env: kubernetes, err: "give auto/N"},
		{text: "auto/3", env: kubernetes, err: "JOB_COMPLETION_INDEX is 3, but there are only 3 shards"},
		{text: "auto/3", env: slurm("3", "0", "7", "1", "8"), err: "the array has 8 tasks, not 3"},
		{text: "auto", env: slurm("5", "1", "7", "1", "3"), err: "not a range"},
		{text: "auto", env: slurm("x", "1", "7", "1", "3"), err: `SLURM_ARRAY_TASK_ID="x"`},
		{text: "auto", err: "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"},
		{text: "0/4", err: "numbered from 1 to 4"},
		{text: "5/4", err: "numbered from 1 to 4"},
		{text: "2", err: "must be I/N"},
		{text: "a/b", err: "whole number"},
		{text: "1/0", err: "at least 1"},
	} {
		got, err := parseShard(c.text, func(name string) string { return c.env[name] })
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q, %v: %+v, %v; want %+v, %q", c.text, c.env, got, err, c.want, c.err)
		}
	}
}
