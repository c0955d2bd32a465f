package config

import "strings"

// Key is one row of the table of settings.
type Key struct {
	Name    string   // dotted path, as in "loss.gamma_pos"
	Flag    string   // the flag of the same meaning; "" where only --set, environment and file reach it
	Short   string   // its one-letter form, mostly ""
	Env     string   // the environment variable
	Default string   // the default as it would be written in YAML
	Allowed string   // what it may be, to be read after "must be"
	Options []string // all it may be, for enumerations
	Meaning string   // one line; says what 0 or an empty text stands for
	Aliases []string // older names, still read from files, --set and, as variables, the environment
}

// Keys lists every setting in the order of the file.
func Keys() []Key {
	var keys []Key
	for _, s := range Default().settings() {
		keys = append(keys, s.key())
	}
	return keys
}

// KeysWithFlags are the names of the settings that have a flag, in the order of Keys.
func KeysWithFlags() []string {
	var names []string
	for _, s := range Default().settings() {
		if s.flag != "" {
			names = append(names, s.name)
		}
	}
	return names
}

// FlagOptions are the values that flags of settings allow where these are a few words, by flag.
func FlagOptions() map[string][]string {
	options := map[string][]string{}
	for _, s := range Default().settings() {
		if t, isText := s.value.(text); isText && len(t.options) > 0 && s.flag != "" {
			options[s.flag] = t.options
		}
	}
	return options
}

// setting is a [Key] bound to a field of a [Config].
type setting struct {
	name, flag, short, meaning string
	value                      value
	aliases                    []alias
}

func (s setting) key() Key {
	k := Key{
		Name: s.name, Flag: s.flag, Short: s.short, Env: EnvName(s.name),
		Default: inline(s.value.get()), Allowed: s.value.allowed(), Meaning: s.meaning,
	}
	if t, isText := s.value.(text); isText {
		k.Options = t.options
	}
	for _, a := range s.aliases {
		k.Aliases = append(k.Aliases, a.name)
	}
	return k
}

// Values maps each key's name to its value in c, as it would be written in YAML.
func (c *Config) Values() map[string]string {
	m := map[string]string{}
	for _, s := range c.settings() {
		m[s.name] = inline(s.value.get())
	}
	return m
}

// EnvName is the environment variable of a key: CSL_ and the key in capitals, dots as underscores.
func EnvName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

const envPrefix = "CSL_"
