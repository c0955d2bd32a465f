package config

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"csl/internal/similar"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// Sources says where [Load] looks for settings besides the environment and the defaults.
type Sources struct {
	File  string         // YAML file; "" for none
	Set   []string       // "key=value", the last of a key wins
	Flags *pflag.FlagSet // flags bound by [BindFlags] or [BindFlagAs]; nil for none
}

// Origins maps each key that is not at its default to where its value came from, such as
// `config "a.yaml" line 3`, "environment CSL_LOSS_TOPK", "--set" or "--lr".
type Origins map[string]string

// Load resolves all settings: flag > --set > environment > file > default. The result is complete
// and valid. The error joins one [Problem] per wrong setting, from all sources at once, or says why
// the file could not be read.
func Load(s Sources) (*Config, Origins, error) {
	v := viper.New()
	f := &file{}
	var found []*Problem
	if s.File != "" {
		var err error
		if f, found, err = readFile(s.File); err != nil {
			return nil, nil, err
		}
	}
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(f.data)); err != nil {
		if len(found) == 0 {
			return nil, nil, f.syntax(err)
		}
		f.lines = nil // repeated keys, which are reported; the values of such a file are not looked at
	}
	origins, more := gather(v, s, f)
	found = append(found, more...)

	c := Default()
	for _, set := range c.settings() {
		origin := origins[set.name]
		if origin == "" {
			continue
		}
		raw := v.Get(set.name)
		if !set.value.assign(raw) {
			found = append(found, wrong(set, fmt.Sprintf("%q", fmt.Sprint(raw)), origin))
		}
	}
	if len(found) == 0 { // a setting left at its default may conflict where the meant one does not
		found = c.problems(origins)
	}
	if len(found) > 0 {
		return nil, nil, join(found)
	}
	return c, origins, nil
}

// gather tells viper about every source and notes which one will win for each key.
func gather(v *viper.Viper, s Sources, f *file) (Origins, []*Problem) {
	origins := Origins{}
	for name, line := range f.lines {
		origins[name] = f.where(line)
	}
	found := bindEnvironment(v, origins)
	sets, more := splitSets(s.Set)
	found = append(found, more...)
	for name := range sets {
		origins[name] = "--set"
	}
	found = append(found, bindFlags(v, s.Flags, origins)...)
	for name, text := range sets {
		if origins[name] == "--set" { // viper ranks Set above flags; we do not
			v.Set(name, text)
		}
	}
	return origins, found
}

// bindEnvironment binds one variable per key and reports variables that look like one but are none.
func bindEnvironment(v *viper.Viper, origins Origins) []*Problem {
	known := map[string]bool{}
	var names []string
	for _, k := range Keys() {
		known[k.Env] = true
		names = append(names, k.Env)
		// An error is returned only for a call without a key.
		_ = v.BindEnv(k.Name, k.Env)
		if os.Getenv(k.Env) != "" {
			origins[k.Name] = "environment " + k.Env
		}
	}
	var found []*Problem
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !known[name] && ofGroup(name) {
			found = append(found, &Problem{Origin: "environment", Key: name, Text: "is not a known variable" + didYouMean(similar.Nearest(name, names))})
		}
	}
	slices.SortFunc(found, func(a, b *Problem) int { return strings.Compare(a.Key, b.Key) })
	return found
}

// ofGroup tells whether an environment variable is spelled like a setting: CSL_, a group, _.
func ofGroup(name string) bool {
	for _, g := range Default().groups() {
		if strings.HasPrefix(name, EnvName(g.name)+"_") {
			return true
		}
	}
	return false
}

// splitSets reads "key=value" arguments.
func splitSets(args []string) (map[string]string, []*Problem) {
	known := Default().byName()
	sets := map[string]string{}
	var found []*Problem
	for _, arg := range args {
		name, text, hasValue := strings.Cut(arg, "=")
		name = strings.TrimSpace(name)
		switch _, ok := known[name]; {
		case !hasValue:
			found = append(found, &Problem{Origin: "--set", Key: name, Text: "has no value: write --set key=value"})
		case !ok:
			found = append(found, &Problem{Origin: "--set", Key: name, Text: "is not a known key" + suggest(name)})
		default:
			sets[name] = text
		}
	}
	return sets, found
}
