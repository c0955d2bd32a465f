// Command scaling is a model of how long a training step takes on many ranks: from measured times and sizes, which a JSON file gives
// it, it computes steps for other numbers of ranks and other networks, checks itself against measured runs of two ranks, prints tables
// and draws docs/distributed.svg. What it computes is an estimate; docs/distributed.md says what of it was measured.
//
//	go run ./internal/tools/scaling -out docs/distributed.svg docs/distributed.json
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"csl/internal/safefile"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scaling:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("scaling", flag.ContinueOnError)
	path := fs.String("out", "", "draw the first case into `FILE`")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return fmt.Errorf("usage: scaling [-out FILE] INPUTS.json")
	}
	in, err := read(fs.Arg(0))
	if err != nil {
		return err
	}
	if *path != "" {
		if err := safefile.Write(safefile.OS(), *path, func(w io.Writer) error { return draw(w, in) }); err != nil {
			return err
		}
	}
	return table(out, in)
}

// read reads the inputs.
func read(path string) (in inputs, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return in, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return in, fmt.Errorf("%s: %w", path, err)
	}
	if err := in.check(); err != nil {
		return in, fmt.Errorf("%s: %w", path, err)
	}
	return in, nil
}
