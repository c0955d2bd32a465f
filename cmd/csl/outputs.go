package main

import (
	"os"
	"path/filepath"

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

// isFile tells whether path names the file that info describes.
func isFile(path string, info os.FileInfo) bool {
	in, err := os.Stat(path)
	return err == nil && os.SameFile(in, info)
}
