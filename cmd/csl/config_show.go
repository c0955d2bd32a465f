package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"csl/internal/config"

	"github.com/spf13/cobra"
)

// configShowOptions is what "csl config show" was asked to do.
type configShowOptions struct {
	*streams
	settings *settings
	format   string
}

func newConfigShowCommand(s *streams) *cobra.Command {
	o := &configShowOptions{streams: s}
	cmd := &cobra.Command{
		Use: "show", Short: "Print every setting with default, flag and meaning", Args: noArgs,
		Long: `Print every setting with its default, its flag and its meaning.

With --config, --set or environment variables the resolved values and the origin of each are
printed. With --format yaml the result is a configuration file.`,
		RunE: func(*cobra.Command, []string) error { return runConfigShow(o) },
	}
	o.settings = bindSettings(cmd)
	cmd.Flags().StringVar(&o.format, "format", "text", "print as text or yaml")
	return cmd
}

// runConfigShow prints the table of settings.
func runConfigShow(o *configShowOptions) error {
	if o.format != "text" && o.format != "yaml" {
		return usagef("--format %q: must be text or yaml", o.format)
	}
	cfg, origins, err := o.settings.load()
	if err != nil {
		return err
	}
	if o.format == "yaml" {
		return cfg.Write(o.out, "", true)
	}
	keys := config.Keys()
	var rows [][]string
	if len(origins) == 0 && o.settings.file == "" {
		rows = append(rows, []string{"KEY", "DEFAULT", "FLAG", "MEANING"})
		for _, k := range keys {
			rows = append(rows, []string{k.Name, k.Default, flagName(k), meaning(k)})
		}
	} else {
		values := cfg.Values()
		rows = append(rows, []string{"KEY", "VALUE", "DEFAULT", "FROM"})
		for _, k := range keys {
			rows = append(rows, []string{k.Name, values[k.Name], k.Default, origins[k.Name]})
		}
	}
	if err := writeTable(o.out, rows, o.tableWidth()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "\nA key such as loss.topk is also the environment variable %s and, in a file, topk below loss.\n"+
		"Precedence: flag, --set key=value, environment, --config file, default.\n", config.EnvName("loss.topk"))
	return err
}

// tableWidth is where the last column wraps; 0: nowhere, for output that is not a terminal.
func (s *streams) tableWidth() int {
	if !s.outTTY {
		return 0
	}
	return s.width()
}

func flagName(k config.Key) string {
	switch {
	case k.Flag == "":
		return "-"
	case k.Short != "":
		return "-" + k.Short + ", --" + k.Flag
	default:
		return "--" + k.Flag
	}
}

func meaning(k config.Key) string {
	if len(k.Options) == 0 {
		return k.Meaning
	}
	return k.Meaning + " (" + strings.Join(k.Options, ", ") + ")"
}

// minLast is the least width of a wrapped last column; on narrower terminals nothing wraps.
const minLast = 24

// writeTable prints rows in aligned columns, the last one wrapped at width (0: not).
func writeTable(w io.Writer, rows [][]string, width int) error {
	last := len(rows[0]) - 1
	columns, indent := make([]int, last), 0
	for i := range columns {
		for _, row := range rows {
			columns[i] = max(columns[i], utf8.RuneCountInString(row[i]))
		}
		indent += columns[i] + 2
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, n := range columns {
			line += row[i] + strings.Repeat(" ", n+2-utf8.RuneCountInString(row[i]))
		}
		for i, part := range wrap(row[last], width-indent) {
			if i > 0 {
				line = strings.Repeat(" ", indent)
			}
			b.WriteString(strings.TrimRight(line+part, " ") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap cuts s at spaces into parts of at most width runes, where that is possible.
func wrap(s string, width int) []string {
	if width < minLast {
		return []string{s}
	}
	parts := []string{""}
	for _, word := range strings.Fields(s) {
		part := &parts[len(parts)-1]
		switch {
		case *part == "":
			*part = word
		case utf8.RuneCountInString(*part)+1+utf8.RuneCountInString(word) <= width:
			*part += " " + word
		default:
			parts = append(parts, word)
		}
	}
	return parts
}
