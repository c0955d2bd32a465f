package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"csl/internal/graph"
	"csl/internal/sweep"

	"github.com/spf13/cobra"
)

// sweepOptions is what "csl sweep" was asked to do.
type sweepOptions struct {
	*streams
	file   string
	out    string
	seeds  string
	set    []string
	jobs   int
	dryRun bool
	table  bool
	format string
}

func newSweepCommand(s *streams) *cobra.Command {
	o := &sweepOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "sweep SWEEP.yaml",
		Short: "Compare variants of a configuration over seeds",
		Long: `Run what a sweep file describes: variants of a configuration in groups of conditions, with several
seeds each. Settings to try are chosen by the validation images, the chosen runs are scored once on
the test images (data.test), and a table sets the variants side by side, with intervals of their
differences. Runs that are complete are kept; a sweep that was stopped or killed resumes when the same
command is run again. docs/sweep.md explains the file.`,
		Example: `  csl sweep study.yaml --dry_run
  csl sweep study.yaml --jobs 2
  csl sweep study.yaml --table --format json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("%q takes one sweep file, but got %d arguments", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runSweep(cmd.Context(), o)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&o.out, "out", "", "put the runs into `DIR`; empty = the file's out")
	fs.StringVar(&o.seeds, "seeds", "", "run these seeds, such as 1,2,3, instead of the file's")
	fs.StringArrayVar(&o.set, "set", nil, "set one setting of all runs as `KEY=VALUE`; may be repeated")
	fs.IntVar(&o.jobs, "jobs", 1, "run `N` trainings at a time, which share --threads; results do not depend on it")
	fs.BoolVar(&o.dryRun, "dry_run", false, "list the runs with their state and stop")
	fs.BoolVar(&o.table, "table", false, "print the table of what is done and stop")
	fs.StringVar(&o.format, "format", formatText, "print the table, or the list of --dry_run, as text or json")
	cmd.MarkFlagsMutuallyExclusive("dry_run", "table")
	return cmd
}

func runSweep(ctx context.Context, o *sweepOptions) error {
	if err := checkFormat(o.format, formatText, formatJSON); err != nil {
		return err
	}
	if o.jobs < 1 || o.jobs > maxThreads {
		return usagef("--jobs %d: must be 1 to %d", o.jobs, maxThreads)
	}
	if err := o.alone(os.Getenv, "csl sweep", "--jobs runs several trainings at a time"); err != nil {
		return err
	}
	seeds, err := parseSeeds(o.seeds)
	if err != nil {
		return err
	}
	options := sweep.Options{
		File: o.file, Out: o.out, Seeds: seeds, Set: o.set, Jobs: o.jobs, Threads: o.global.threads, Adopt: adoptArchitecture,
		Backend: func(threads int) (graph.Host, func(), error) {
			be, err := o.startThreads(threads)
			if err != nil {
				return nil, nil, err
			}
			return be, be.Close, nil
		},
		Display: o.display, FS: o.fs, Garbage: garbageHooks(), Version: version(), Verbose: o.global.verbose,
	}
	if o.dryRun {
		runs, err := sweep.DryRun(ctx, options)
		if err != nil {
			return err
		}
		if o.format == formatJSON {
			return writeJSON(o.streams.out, runs)
		}
		return sweep.WriteList(o.streams.out, runs)
	}
	do := sweep.Run
	if o.table {
		do = sweep.Tabulate
	}
	t, err := do(ctx, options)
	if err != nil {
		var stopped *sweep.Interrupted
		if errors.As(err, &stopped) {
			return fmt.Errorf("interrupted; %d of %d runs are complete, those in progress are saved; the same command goes on: %w",
				stopped.Complete, stopped.Runs, context.Canceled)
		}
		return err
	}
	if !o.table {
		page, err := t.WritePage(o.fs, version())
		if err != nil {
			return err
		}
		o.log().Info("wrote " + page)
	}
	if o.format == formatJSON {
		return t.WriteJSON(o.streams.out)
	}
	return t.WriteText(o.streams.out)
}

// parseSeeds reads the value of --seeds; nil without one.
func parseSeeds(text string) (seeds []uint64, err error) {
	if text == "" {
		return nil, nil
	}
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 63)
		if err != nil {
			return nil, usagef("--seeds %q: %q is not a whole number", text, part)
		}
		seeds = append(seeds, n)
	}
	return seeds, nil
}
