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
	w, more := gather(v, s, f)
	found = append(found, more...)

	c := Default()
	for _, set := range c.settings() {
		origin := w.origins[set.name]
		if origin == "" {
			continue
		}
		raw := w.value(v, set)
		if !set.value.assign(raw) {
			found = append(found, wrong(set, fmt.Sprintf("%q", fmt.Sprint(raw)), origin))
		}
	}
	if len(found) == 0 { // a setting left at its default may conflict where the meant one does not
		found = c.problems(w.origins)
	}
	if len(found) > 0 {
		return nil, nil, join(found)
	}
	return c, w.origins, nil
}

// winners says for each key which source decides, and under which of the key's names it has it.
type winners struct {
	origins Origins
	names   map[string]string
	inFile  map[string]bool
}

func (w *winners) set(key, name, origin string, inFile bool) {
	w.origins[key], w.names[key], w.inFile[key] = origin, name, inFile
}

// value is what the winning source has for a setting, in the names of today. A file alone is asked
// under the name that it uses; viper knows the other sources by the setting's own.
func (w *winners) value(v *viper.Viper, s setting) any {
	name, ask := w.names[s.name], s.name
	if w.inFile[s.name] {
		ask = name
	}
	return s.fromAlias(name, v.Get(ask))
}

// gather tells viper about every source and notes which one will win for each key.
func gather(v *viper.Viper, s Sources, f *file) (*winners, []*Problem) {
	w := &winners{Origins{}, map[string]string{}, map[string]bool{}}
	for key, line := range f.lines {
		w.set(key, f.used[key], f.where(line), true)
	}
	found := bindEnvironment(v, w)
	sets, more := splitSets(s.Set)
	found = append(found, more...)
	for key, set := range sets {
		w.set(key, set.name, "--set", false)
	}
	found = append(found, bindFlags(v, s.Flags, w)...)
	for key, set := range sets {
		if w.origins[key] == "--set" { // viper ranks Set above flags; we do not
			v.Set(key, set.text)
		}
	}
	return w, found
}

// bindEnvironment binds the variables of each key, its own before those of its aliases, and reports
// variables that look like one but are none.
func bindEnvironment(v *viper.Viper, w *winners) []*Problem {
	known := map[string]bool{}
	var variables []string
	for _, k := range Keys() {
		variables = append(variables, k.Env)
		for _, name := range append([]string{k.Name}, k.Aliases...) {
			variable := EnvName(name)
			if known[variable] = true; os.Getenv(variable) == "" || strings.HasPrefix(w.origins[k.Name], "environment ") {
				continue
			}
			// An error is returned only for a call without a key.
			_ = v.BindEnv(k.Name, variable)
			w.set(k.Name, name, "environment "+variable, false)
		}
	}
	var found []*Problem
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !known[name] && ofGroup(name) {
			found = append(found, &Problem{Origin: "environment", Key: name, Text: "is not a known variable" + didYouMean(similar.Nearest(name, variables))})
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

// argument is one --set: the name of the key as written, and its text.
type argument struct{ name, text string }

// splitSets reads "key=value" arguments, by the keys' own names.
func splitSets(args []string) (map[string]argument, []*Problem) {
	known := Default().names()
	sets := map[string]argument{}
	var found []*Problem
	for _, arg := range args {
		name, text, hasValue := strings.Cut(arg, "=")
		name = strings.TrimSpace(name)
		switch {
		case !hasValue:
			found = append(found, &Problem{Origin: "--set", Key: name, Text: "has no value: write --set key=value"})
		case known[name] == "":
			found = append(found, &Problem{Origin: "--set", Key: name, Text: "is not a known key" + suggest(name)})
		default:
			sets[known[name]] = argument{name, text}
		}
	}
	return sets, found
}
