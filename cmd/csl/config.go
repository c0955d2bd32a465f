package main

import (
	"fmt"
	"io"

	"csl/internal/config"
	"csl/internal/safefile"

	"github.com/spf13/cobra"
)

// newConfigCommand holds what there is to know about settings.
func newConfigCommand(s *streams) *cobra.Command {
	return newGroup("config", "Show settings or write a configuration file",
		newConfigShowCommand(s), newConfigInitCommand(s))
}

// starterHeader opens the file that "csl config init" writes.
const starterHeader = `csl configuration to begin with. Lines whose comment names a default differ from it: the
selective loss as it did best in docs/evidence.md. All others are defaults and can be removed.
First name your data below (data.train, data.val), or on the command line. Then:
  csl estimate-prior --config THIS_FILE --out prior.csv
  csl train --config THIS_FILE
A flag, --set key=value or an environment variable such as CSL_LOSS_TOPK overrides a line.`

// configInitOptions is what "csl config init" was asked to do.
type configInitOptions struct {
	*streams
	path  string // where to; "" is standard output
	force bool   // overwrite
}

func newConfigInitCommand(s *streams) *cobra.Command {
	o := &configInitOptions{streams: s}
	cmd := &cobra.Command{
		Use: "init", Short: "Write a commented starter configuration file", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runConfigInit(o) },
	}
	cmd.Flags().StringVarP(&o.path, "out", "o", "", "write to `FILE` instead of standard output")
	cmd.Flags().BoolVar(&o.force, "force", false, "overwrite an existing file")
	return cmd
}

// runConfigInit writes the starter with the meanings of its settings.
func runConfigInit(o *configInitOptions) error {
	write := func(w io.Writer) error { return config.WriteStarter(w, starterHeader) }
	if o.path == "" {
		return write(o.out)
	}
	if err := notOfARun("--out", o.path); err != nil {
		return err
	}
	if info, err := o.fs.Stat(o.path); err == nil && info.Mode().IsRegular() && !o.force {
		return fmt.Errorf("write %q: file exists; use --force to overwrite it", o.path)
	}
	if err := safefile.Write(o.fs, o.path, write); err != nil {
		return err
	}
	o.log().Info("wrote configuration", "file", o.path)
	return nil
}
