// Command active plays the person of scripts/active.sh: answer takes the answers to an audit's list out of full
// annotations, plot draws what they were good for. It is no part of csl: nobody else has such annotations.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"csl/internal/safefile"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "active:", err)
		os.Exit(1)
	}
}

// run does what the first argument says.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: active answer|plot [FLAGS]")
	}
	fs := flag.NewFlagSet("active "+args[0], flag.ContinueOnError)
	path := fs.String("out", "", "write to `FILE`")
	switch args[0] {
	case "answer":
		var a answering
		fs.StringVar(&a.list, "list", "", "answer the questions of the audit list `FILE`")
		fs.StringVar(&a.annotations, "annotations", "", "add the answers to the labels in `FILE`")
		fs.StringVar(&a.truth, "truth", "", "take the answers from the full annotations in `FILE`")
		if err := fs.Parse(args[1:]); err != nil {
			return err
		}
		set, counts, err := a.run(ctx)
		if err != nil {
			return err
		}
		if err := safefile.Write(safefile.OS(), *path, set.WriteCSV); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%d answers: %d present, %d absent, %d not known; %d labels changed\n", counts.present+counts.absent+counts.unsure, counts.present, counts.absent, counts.unsure, counts.changed)
		return err
	case "plot":
		title := fs.String("title", "", "title of the drawing")
		if err := fs.Parse(args[1:]); err != nil {
			return err
		}
		curves, err := readCurves(fs.Arg(0))
		if err != nil {
			return err
		}
		if err := safefile.Write(safefile.OS(), *path, func(w io.Writer) error { return draw(w, *title, curves) }); err != nil {
			return err
		}
		return table(out, curves)
	}
	return fmt.Errorf("%q: must be answer or plot", args[0])
}
