package config

import (
	"bytes"
	"fmt"

	"github.com/spf13/viper"
)

// ReadFile reads the settings of a file alone, such as the resolved configuration in a run's folder:
// neither environment nor flags have a say. Settings that the file leaves out have their defaults.
// Errors are those of [Load].
func ReadFile(path string) (*Config, error) {
	f, found, err := readFile(path)
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
	c, origins := Default(), Origins{}
	for _, set := range c.settings() {
		line, ok := f.lines[set.name]
		if !ok {
			continue
		}
		origins[set.name] = f.where(line)
		raw := v.Get(set.name)
		if !set.value.assign(raw) {
			found = append(found, wrong(set, fmt.Sprintf("%q", fmt.Sprint(raw)), f.where(line)))
		}
	}
	if len(found) == 0 {
		found = c.problems(origins)
	}
	if len(found) > 0 {
		return nil, join(found)
	}
	return c, nil
}
