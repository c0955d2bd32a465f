package main

import (
	"fmt"
	"strconv"
	"strings"

	"csl/internal/count"
	"csl/internal/infer"
)

// shardAuto takes the shard from the environment of a job array.
const shardAuto = "auto"

// parseShard reads --shard: I/N from 1 on, or auto or auto/N, whose number comes from the environment.
func parseShard(text string, getenv func(string) string) (infer.Shard, error) {
	which, total, both := strings.Cut(text, "/")
	if text == "" {
		return infer.Shard{}, nil
	}
	n := 0
	if both {
		var err error
		if n, err = strconv.Atoi(total); err != nil || n < 1 {
			return infer.Shard{}, fmt.Errorf("%q: the number of shards must be a whole number of at least 1", text)
		}
	}
	if which == shardAuto {
		s, err := arrayShard(n, getenv)
		if err != nil {
			return s, fmt.Errorf("%q: %w", text, err)
		}
		return s, nil
	}
	i, err := strconv.Atoi(which)
	if err != nil || !both {
		return infer.Shard{}, fmt.Errorf("%q: must be I/N, such as 2/8 for the second of eight, auto or auto/N", text)
	}
	if i < 1 || i > n {
		return infer.Shard{}, fmt.Errorf("%q: shards are numbered from 1 to %d", text, n)
	}
	return infer.Shard{Number: i - 1, Of: n}, nil
}

// arrayShard is this job's place in an array of Slurm or in an indexed job of Kubernetes, with n shards; 0: as
// many as the environment says.
func arrayShard(n int, getenv func(string) string) (infer.Shard, error) {
	number := func(name string) (int, error) {
		v, err := strconv.Atoi(getenv(name))
		if err != nil || v < 0 {
			return 0, fmt.Errorf("environment: %s=%q is not a whole number", name, getenv(name))
		}
		return v, nil
	}
	switch {
	case getenv("SLURM_ARRAY_TASK_ID") != "":
		var of [5]int
		for i, name := range []string{"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT"} {
			var err error
			if of[i], err = number(name); err != nil {
				return infer.Shard{}, err
			}
		}
		id, first, last, step, tasks := of[0], of[1], of[2], max(of[3], 1), of[4]
		if (last-first)/step+1 != tasks || (id-first)%step != 0 || id < first || id > last {
			return infer.Shard{}, fmt.Errorf("the array's %s are not a range such as 0-7: name the shard as I/N", count.Of(tasks, "task"))
		}
		if n != 0 && n != tasks {
			return infer.Shard{}, fmt.Errorf("the array has %s, not %d", count.Of(tasks, "task"), n)
		}
		return infer.Shard{Number: (id - first) / step, Of: tasks}, nil
	case getenv("JOB_COMPLETION_INDEX") != "":
		i, err := number("JOB_COMPLETION_INDEX")
		if err != nil {
			return infer.Shard{}, err
		}
		switch {
		case n == 0:
			return infer.Shard{}, fmt.Errorf("JOB_COMPLETION_INDEX does not say how many there are: give auto/N with the job's completions")
		case i >= n:
			return infer.Shard{}, fmt.Errorf("JOB_COMPLETION_INDEX is %d, but there are only %s", i, count.Of(n, "shard"))
		}
		return infer.Shard{Number: i, Of: n}, nil
	}
	return infer.Shard{}, fmt.Errorf("neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set: name the shard as I/N")
}
