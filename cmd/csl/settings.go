package main

import (
	"csl/internal/config"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settings are the flags of a command that reads a configuration: --config, --set and those of
// single settings.
type settings struct {
	file  string
	set   []string
	flags *pflag.FlagSet
}

// bindSettings adds --config, --set and the flags of the given settings to cmd, as the table of
// package config has them. Further flags under other names: config.BindFlagAs(cmd.Flags(), ...).
func bindSettings(cmd *cobra.Command, keys ...string) *settings {
	fs := cmd.Flags()
	s := &settings{flags: fs}
	fs.StringVarP(&s.file, "config", "c", "", "read settings from the YAML file `FILE` (see csl config show)")
	fs.StringArrayVar(&s.set, "set", nil, "set one setting as `KEY=VALUE`; may be repeated")
	config.BindFlags(fs, keys...)
	for flag, options := range config.FlagOptions() {
		if fs.Lookup(flag) != nil {
			// An error would mean that the flag does not exist or is completed already.
			_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(options, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	return s
}

// load resolves all settings: flag > --set > environment > file > default.
func (s *settings) load() (*config.Config, config.Origins, error) {
	return config.Load(config.Sources{File: s.file, Set: s.set, Flags: s.flags})
}
