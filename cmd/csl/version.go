package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version that the Makefile links in (-ldflags "-X main.release=..."): the name that
// git describe gives the source.
var release string

// version is one line: release, Go and platform.
func version() string {
	name := release
	if name == "" {
		name = "(built without make)"
		if info, ok := debug.ReadBuildInfo(); ok {
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					name = s.Value
				}
			}
		}
	}
	return fmt.Sprintf("csl %s (%s, %s/%s)", name, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// newVersionCommand prints what "csl --version" prints.
func newVersionCommand(s *streams) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, version())
			return err
		},
	}
}
