package config

import (
	"bytes"

	"github.com/spf13/viper"
)

// ReadFile reads the settings of a file alone, such as the resolved configuration in a run's folder:
// neither environment nor flags have a say. Settings that the file leaves out have their defaults.
// Errors are those of [Load].
func ReadFile(path string) (*Config, error) {
	return alone(readFile(path))
}

// Parse is ReadFile of text; name stands for the file's in errors.
func Parse(name string, text []byte) (*Config, error) {
	return alone(parseFile(name, text))
}

// alone makes a configuration of one file.
func alone(f *file, found []*Problem, err error) (*Config, error) {
	if err != nil {
		return nil, err
	}
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(f.data)); err != nil {
		if len(found) == 0 {
			return nil, f.syntax(err)
		}
		f.lines = nil // repeated keys, which are reported; the values of such a file are not looked at
	}
	c := Default()
	origins, more := f.values(v, c)
	if found = append(found, more...); len(found) == 0 {
		found = c.problems(origins)
	}
	if len(found) > 0 {
		return nil, join(found)
	}
	return c, nil
}

// Change is a setting that two configurations have different values for, as YAML would write them.
type Change struct {
	Key     string // of the setting
	Was, Is string // its values as text
}

// Diff lists, in the order of the table, the settings whose values differ.
func Diff(was, is *Config) []Change {
	now := is.byName()
	var changes []Change
	for _, s := range was.settings() {
		before, after := inline(s.value.get()), inline(now[s.name].value.get())
		if before != after {
			changes = append(changes, Change{s.name, before, after})
		}
	}
	return changes
}
