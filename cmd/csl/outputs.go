package main

import "os"

// notRead refuses a file to write that the command reads: labels would be replaced by what is made of them. flag
// names the output; an input may be empty.
func notRead(flag, output string, inputs ...string) error {
	out, err := os.Stat(output)
	if err != nil {
		return nil //nolint:nilerr // what is not there cannot be lost
	}
	for _, path := range inputs {
		if in, err := os.Stat(path); path != "" && err == nil && os.SameFile(in, out) {
			return usagef("%s %q: the command reads this file; choose another one to write", flag, output)
		}
	}
	return nil
}
