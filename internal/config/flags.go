package config

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// keyAnnotation marks a flag that stands for a setting; its value is the setting's name.
const keyAnnotation = "csl_config_key"

// BindFlags adds to fs the flags of the named settings, as the table of [Keys] has them. [Load]
// reads them from fs. Settings without a flag need [BindFlagAs].
func BindFlags(fs *pflag.FlagSet, keys ...string) {
	known := Default().byName()
	for _, key := range keys {
		bind(fs, known[key].flag, known[key].short, key, known)
	}
}

// BindFlagAs adds to fs a flag that stands for the setting key under another name: in
// "csl validate", --data is data.val.root.
func BindFlagAs(fs *pflag.FlagSet, flag, key string) { bind(fs, flag, "", key, Default().byName()) }

// bind adds one flag for the setting key of known, all of a Config that only flags use. A key that does not exist, or has no flag, still makes a flag: one that
// Load reports, so that any test of the command finds the mistake.
func bind(fs *pflag.FlagSet, name, short, key string, known map[string]setting) {
	s, exists := known[key]
	if !exists || name == "" {
		s = setting{name: key, value: text{p: new(string)}}
		name = strings.ReplaceAll(key, ".", "_")
	}
	f := fs.VarPF(&flagValue{s: s}, name, short, s.comment())
	if _, isBool := s.value.(truth); isBool {
		f.NoOptDefVal = "true"
	}
	f.Annotations = map[string][]string{keyAnnotation: {key}}
}

// flagValue makes a setting a pflag.Value, so that a wrong one is found with its flag.
type flagValue struct {
	s     setting
	given bool // the flag stood on the command line
}

// String is the present value as YAML would show it; texts come without quotes.
func (v *flagValue) String() string {
	if v.s.value == nil { // pflag asks a zero value for its text
		return ""
	}
	if s, isText := v.s.value.get().(string); isText {
		return s
	}
	return inline(v.s.value.get())
}

// Set takes the flag's argument. A list of files grows with every repetition; of anything else the last one counts.
func (v *flagValue) Set(text string) error {
	take := v.s.value.assign
	if list, isList := v.s.value.(files); isList && v.given {
		take = func(any) bool { return list.add(text) }
	}
	if !take(text) {
		return errors.New("must be " + v.s.value.allowed())
	}
	v.given = true
	return nil
}

// Type is the placeholder in a command's help.
func (v *flagValue) Type() string { return v.s.value.kind() }

// bindFlags hands the flags that were given to viper.
func bindFlags(v *viper.Viper, fs *pflag.FlagSet, w *winners) []*Problem {
	if fs == nil {
		return nil
	}
	known := Default().byName()
	var found []*Problem
	fs.VisitAll(func(f *pflag.Flag) {
		keys := f.Annotations[keyAnnotation]
		if len(keys) == 0 {
			return
		}
		if known[keys[0]].name == "" {
			found = append(found, &Problem{Origin: "--" + f.Name, Key: keys[0], Text: "is not a known key" + suggest(keys[0])})
			return
		}
		if f.Changed {
			// An error is returned only for a nil flag.
			_ = v.BindPFlag(keys[0], f)
			w.set(keys[0], keys[0], "--"+f.Name, false)
		}
	})
	return found
}
