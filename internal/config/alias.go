package config

import (
	"strings"

	"github.com/spf13/pflag"
)

// flagAlias gives the flag that a second name stands for: the reference's names, which its commands
// use, and the names of older versions. Help shows the first names only.
func flagAlias(name string) string {
	switch name {
	case "path_dest": // reference
		return "out"
	case "th", "thre": // reference
		return "threshold"
	case "input_size": // reference
		return "image_size"
	case "pic_path": // reference
		return "images"
	case "pictures":
		return "images"
	case "score_pictures":
		return "score_images"
	case "skip_bad":
		return "skip_broken"
	}
	return name
}

// NormalizeFlag makes dashes and underscores the same in flag names and maps second names to
// first ones. Command trees set it as their normalization function.
func NormalizeFlag(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	return pflag.NormalizedName(flagAlias(strings.ReplaceAll(name, "-", "_")))
}

// alias is an older name of a setting, read everywhere and written nowhere.
type alias struct {
	name   string            // dotted, as the setting's own
	values map[string]string // older values by what they are called now; others stay
}

// value is raw under the names of today.
func (a alias) value(raw any) any {
	if text, isText := raw.(string); isText {
		if now, renamed := a.values[text]; renamed {
			return now
		}
	}
	return raw
}

// names maps every name of a setting, aliases included, to the setting's own.
func (c *Config) names() map[string]string {
	all := map[string]string{}
	for _, s := range c.settings() {
		all[s.name] = s.name
		for _, a := range s.aliases {
			all[a.name] = s.name
		}
	}
	return all
}

// fromAlias is raw, found under the given name of s, under the names of today.
func (s setting) fromAlias(name string, raw any) any {
	for _, a := range s.aliases {
		if a.name == name {
			return a.value(raw)
		}
	}
	return raw
}
