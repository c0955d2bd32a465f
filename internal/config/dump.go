package config

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// commentColumn is where comments begin, unless a value is longer.
const commentColumn = 32

// Write writes every setting as YAML, in the order of the table, under the given header lines.
// With comments each group and setting carries its meaning. Loading the result gives c again.
func (c *Config) Write(w io.Writer, header string, comments bool) error {
	return c.write(w, header, comments, nil)
}

// write is Write; comments name the defaults of these settings.
func (c *Config) write(w io.Writer, header string, comments bool, defaults map[string]string) error {
	out := bufio.NewWriter(w)
	if header != "" {
		fmt.Fprintf(out, "# %s\n", strings.ReplaceAll(strings.TrimRight(header, "\n"), "\n", "\n# "))
	}
	for i, g := range c.groups() {
		if i > 0 || header != "" {
			fmt.Fprintln(out)
		}
		if comments {
			fmt.Fprintf(out, "# %s\n", g.about)
		}
		fmt.Fprintf(out, "%s:\n", g.name)
		var open []string // groups within the group that the last line was in
		for _, s := range g.settings {
			open = writeSetting(out, s, open, comments, defaults[s.name])
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// writeSetting writes one line, after those that open the groups it lies in and its forerunner did
// not. It returns the groups it lies in. The comment names the default unless that is "".
func writeSetting(out *bufio.Writer, s setting, open []string, comments bool, byDefault string) []string {
	path := strings.Split(s.name, ".")[1:]
	inner, leaf := path[:len(path)-1], path[len(path)-1]
	for i, name := range inner {
		if i >= len(open) || open[i] != name {
			fmt.Fprintf(out, "%s%s:\n", indent(i+1), name)
		}
	}
	line := indent(len(path)) + leaf + ": " + inline(s.value.get())
	if comments {
		line = fmt.Sprintf("%-*s # %s", commentColumn-1, line, s.comment())
		if byDefault != "" {
			line += "; default " + byDefault
		}
	}
	fmt.Fprintln(out, line)
	return inner
}

func indent(depth int) string { return strings.Repeat("  ", depth) }

// comment is the setting's meaning, with the choices of an enumeration.
func (s setting) comment() string {
	if t, isText := s.value.(text); isText && t.options != nil {
		return s.meaning + " (" + strings.Join(t.options, "|") + ")"
	}
	return s.meaning
}
