package main

import (
	"os"
	"path/filepath"
	"slices"

	"csl/internal/rundir"
)

// notRead refuses a file to write that the command reads: labels would be replaced by what is made of them. flag
// names the output; an input may be empty. A run directory stands for its best weights.
func notRead(flag, output string, inputs ...string) error {
	out, err := os.Stat(output)
	if err != nil {
		return nil //nolint:nilerr // what is not there cannot be lost
	}
	for _, path := range inputs {
		if path != "" && (isFile(path, out) || isFile(filepath.Join(path, rundir.Best), out)) {
			return usagef("%s %q: the command reads this file; choose another one to write", flag, output)
		}
	}
	return nil
}

// spare refuses a file to write that the command reads, see [notRead], and one that belongs to a run.
func spare(flag, output string, inputs ...string) error {
	if err := notRead(flag, output, inputs...); err != nil {
		return err
	}
	return notOfARun(flag, output)
}

// notOfARun refuses a file to write that a run directory needs, unless a run in except is the owner.
func notOfARun(flag, output string, except ...string) error {
	dir := rundir.Owner(output)
	if dir == "" {
		return nil
	}
	if owner, err := os.Stat(dir); err == nil && slices.ContainsFunc(except, func(run string) bool { return isFile(run, owner) }) {
		return nil
	}
	return usagef("%s %q: the file belongs to the run in %q; choose another one to write", flag, output, dir)
}

// isFile tells whether path names the file that info describes.
func isFile(path string, info os.FileInfo) bool {
	in, err := os.Stat(path)
	return err == nil && os.SameFile(in, info)
}
