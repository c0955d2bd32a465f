package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"csl/internal/regular"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// maxFile bounds a config file; anything longer is something else given by mistake.
const maxFile = 1 << 20

// file is a YAML configuration whose keys are known to be right; its values are not checked yet.
type file struct {
	name  string
	data  []byte
	lines map[string]int    // line of each key that has a value
	used  map[string]string // the name under which the file has each of these keys
}

// where names a place in the file.
func (f *file) where(line int) string { return fmt.Sprintf("config %q line %d", f.name, line) }

// readFile reads path and checks its keys. The second result lists unknown, repeated and misplaced
// keys; the error is for what cannot be read as YAML.
func readFile(path string) (*file, []*Problem, error) {
	if _, err := regular.Stat(path); errors.As(err, new(*fs.PathError)) {
		return nil, nil, fmt.Errorf("read config %q: %w", path, cause(err))
	} else if err != nil { // which names the file
		return nil, nil, fmt.Errorf("read config: %w", err)
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read config %q: %w", path, cause(err))
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read config %q: %w", path, cause(err))
	}
	if len(data) > maxFile {
		return nil, nil, fmt.Errorf("read config %q: longer than %d bytes: not a csl configuration", path, maxFile)
	}
	if err := checkUTF8(data); err != nil {
		return nil, nil, fmt.Errorf("read config %q: %w", path, err)
	}
	return parseFile(path, data)
}

// checkUTF8 names the place of the first byte that is not UTF-8. UTF-16 with its byte order mark is YAML, too.
func checkUTF8(data []byte) error {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil
	}
	line, start := 1, 0
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Errorf("line %d, byte %d: %q is not UTF-8: save the file as UTF-8", line, i-start+1, data[i:i+1])
		}
		if i += n; r == '\n' {
			line, start = line+1, i
		}
	}
	return nil
}

// cause takes the path, which the caller names, off an error of package os.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// values hands each setting that the file has its value, in c.
func (f *file) values(v *viper.Viper, c *Config) (Origins, []*Problem) {
	origins := Origins{}
	var found []*Problem
	for _, set := range c.settings() {
		line, ok := f.lines[set.name]
		if !ok {
			continue
		}
		origins[set.name] = f.where(line)
		raw := f.value(v, set)
		if !set.value.assign(raw) {
			found = append(found, wrong(set, fmt.Sprintf("%q", fmt.Sprint(raw)), f.where(line)))
		}
	}
	return origins, found
}

// value is what the file has for a setting, under whichever of its names.
func (f *file) value(v *viper.Viper, set setting) any {
	name := f.used[set.name]
	return set.fromAlias(name, v.Get(name))
}

// parseFile is readFile of content that is there already.
func parseFile(name string, data []byte) (*file, []*Problem, error) {
	f := &file{name: name, data: data, lines: map[string]int{}, used: map[string]string{}}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return f, nil, nil // nothing but comments
	} else if err != nil {
		return nil, nil, f.syntax(err)
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, nil, f.syntax(err)
		}
		return nil, nil, fmt.Errorf("read %s: a second document (---) begins; only one is allowed", f.where(second.Line))
	}
	w := walker{f: f, keys: Default().names(), groups: map[string]bool{}}
	for name := range w.keys {
		for {
			dot := strings.LastIndexByte(name, '.')
			if dot < 0 {
				break
			}
			name = name[:dot]
			w.groups[name] = true
		}
	}
	w.group("", doc.Content[0])
	return f, w.found, nil
}

// syntax makes one line of a YAML error.
func (f *file) syntax(err error) error {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	return fmt.Errorf("read config %q: not YAML: %s", f.name, strings.ReplaceAll(msg, "\n", " "))
}

// walker compares the keys of a file with the schema.
type walker struct {
	f      *file
	keys   map[string]string // each name that a key may have, and its own
	groups map[string]bool
	found  []*Problem
}

func (w *walker) complain(n *yaml.Node, key, text string) {
	w.found = append(w.found, &Problem{Origin: w.f.where(n.Line), Key: key, Text: text})
}

// group checks the mapping n of the group prefix ("" for the whole file).
func (w *walker) group(prefix string, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		w.complain(n, orWhole(prefix), "is a group: must hold keys, one \"name: value\" per line")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		w.pair(prefix, n.Content[i], n.Content[i+1])
	}
}

// pair checks one key of a group.
func (w *walker) pair(prefix string, k, v *yaml.Node) {
	name := k.Value
	if prefix != "" {
		name = prefix + "." + name
	}
	switch {
	case k.Tag == "!!merge":
		w.complain(k, orWhole(prefix), "<< is not supported: write the keys out")
	case strings.Contains(k.Value, "."):
		w.complain(k, name, "keys with dots are for --set: write the groups as indented blocks")
	case w.groups[name]:
		w.group(name, v)
	case w.keys[name] == "":
		w.complain(k, name, "is not a known key"+suggest(name))
	case w.f.lines[w.keys[name]] != 0:
		w.complain(k, name, fmt.Sprintf("appears twice, first on line %d", w.f.lines[w.keys[name]]))
	case !isNull(v):
		w.f.lines[w.keys[name]], w.f.used[w.keys[name]] = k.Line, name
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func orWhole(prefix string) string {
	if prefix == "" {
		return "the file"
	}
	return prefix
}
