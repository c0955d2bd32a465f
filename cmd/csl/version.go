package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release overrides the version, for builds outside a repository (-ldflags "-X main.release=...").
var release string

// version is one line: release, Go and platform.
func version() string {
	name := release
	if name == "" {
		info, _ := debug.ReadBuildInfo() // nil: a build without module support
		name = releaseOf(info)
	}
	return fmt.Sprintf("csl %s (%s, %s/%s)", name, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// releaseOf is the version that the go command recorded: that of the module, or else the revision
// of the source, marked where files differ from it.
func releaseOf(info *debug.BuildInfo) string {
	if info == nil {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	name, modified := "devel", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			name = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+dirty"
		}
	}
	return name + modified
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
