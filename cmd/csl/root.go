package main

import (
	"os"
	"runtime"

	"csl/internal/config"
	"csl/internal/similar"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// How a command is written. One file per command, named after it, with three things:
//
//	// trainOptions is what "csl train" was asked to do.
//	type trainOptions struct {
//		*streams
//		settings *settings // --config, --set and the flags that are settings
//		resume   string    // flags that are not settings
//	}
//
//	// newTrainCommand is the command: name, help, flags.
//	func newTrainCommand(s *streams) *cobra.Command {
//		o := &trainOptions{streams: s}
//		cmd := &cobra.Command{
//			Use: "train", Short: "Train a model", Args: noArgs,
//			RunE: func(cmd *cobra.Command, _ []string) error { return runTrain(cmd.Context(), o) },
//		}
//		o.settings = bindSettings(cmd, "data.train.root", "optimizer.lr")
//		cmd.Flags().StringVar(&o.resume, "resume", "", "resume the run in `DIR`, or last")
//		return cmd
//	}
//
//	// runTrain does the work. Tests call it, or run with a whole command line.
//	func runTrain(ctx context.Context, o *trainOptions) error {
//		cfg, _, err := o.settings.load()
//		...
//
// Rules: results go to o.out, messages to o.log(), long work reports to o.display.Start(...); files
// are written through package safefile with o.fs; --threads is o.global.threads. Errors are
// returned, never printed: usagef makes exit code 2, &skippedError{...} 3, an error wrapping
// context.Canceled 130 (its text, up to that, is what the user reads: say how to go on), a
// config.Problem 2, any other 1. The command is added in newRootCommand.

// newRootCommand is the whole command tree.
func newRootCommand(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "csl",
		Short: "Multi-label image classification from partially annotated data",
		Long: `csl trains, validates and runs multi-label image classifiers on partially annotated
images: each label is present, absent or unknown, and the class-aware selective loss
(arXiv 2110.10955) decides how unknown labels are used.`,
		Version: version(), SilenceErrors: true, SilenceUsage: true,
		Args: onlySubcommands, RunE: help,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if err := s.open(); err != nil {
				return err
			}
			runtime.GOMAXPROCS(s.global.threads)
			return nil
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetGlobalNormalizationFunc(config.NormalizeFlag)
	root.SetFlagErrorFunc(flagError)

	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.IntVar(&s.global.threads, "threads", threadsHere(os.Getenv, runtime.GOMAXPROCS(0), processors()), "use this many CPU threads; results do not depend on it")
	flags.BoolVarP(&s.global.quiet, "quiet", "q", false, "print warnings and errors only")
	flags.BoolVarP(&s.global.verbose, "verbose", "v", false, "print more, with the time of day")
	flags.StringVar(&s.global.logFormat, "log_format", "text", "print messages on standard error as text or json")
	root.MarkFlagsMutuallyExclusive("quiet", "verbose")

	root.AddCommand(
		newTrainCommand(s),
		newValidateCommand(s),
		newThresholdsCommand(s),
		newAuditCommand(s),
		newInferCommand(s),
		newEstimatePriorCommand(s),
		newSweepCommand(s),
		newReviewCommand(s),
		newReportCommand(s),
		newInfoCommand(s),
		newExportCommand(s),
		newDataCommand(s),
		newBenchCommand(s),
		newConfigCommand(s),
		newVersionCommand(s),
	)
	root.SetHelpCommand(newHelpCommand())
	root.InitDefaultCompletionCmd("completion") // else it comes too late for noteStart
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Args, cmd.RunE = onlySubcommands, help // cobra's takes any argument in silence
		}
	}
	return root
}

// newHelpCommand is "csl help COMMAND"; cobra's answers a command that does not exist with exit code 0.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND...]", Short: "Show help for a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = onlySubcommands(found, rest)
			}
			if err != nil {
				return &usageError{err}
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// newGroup is a command that only holds others.
func newGroup(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: onlySubcommands, RunE: help}
	cmd.AddCommand(commands...)
	return cmd
}

func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// onlySubcommands refuses arguments that name no command.
func onlySubcommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return usagef("unknown command %q for %q%s", args[0], cmd.CommandPath(), orDid(similar.Nearest(args[0], names)))
}

// noArgs refuses any argument.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("%q takes no arguments, but got %q", cmd.CommandPath(), args[0])
}

// flagError adds the nearest flag to the message about an unknown one.
func flagError(cmd *cobra.Command, err error) error {
	near := ""
	if unknown, ok := err.(*pflag.NotExistError); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		name := string(config.NormalizeFlag(nil, unknown.GetSpecifiedName()))
		if near = similar.Nearest(name, names); near != "" {
			near = "--" + near
		}
	}
	return usagef("%w%s", err, orDid(near))
}

// orDid is the tail "; did you mean ...?" or nothing.
func orDid(near string) string {
	if near == "" {
		return ""
	}
	return "; did you mean " + near + "?"
}
