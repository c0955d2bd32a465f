package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"csl/internal/synth"

	"github.com/rogpeppe/go-internal/testscript"
)

// A transcript is a fenced block of a Markdown file whose first line begins with "$ ". Such lines
// are commands, continued where they end in a backslash; what follows is what the command prints,
// messages included. Figures, names of drawn classes and of kernels, and the kind of weights that
// scored best depend on the processor and are compared by their shape alone. A line "..." stands
// for any lines. A command fails if and only if a line that it prints begins with "csl: ".

// step is one command of a transcript.
type step struct {
	line   int // in the file, from 1
	args   []string
	output []string // as documented
}

// runTranscript is the script command "transcript FILE.md": it runs every command of every
// transcript in the file, in order and in one folder.
func runTranscript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: transcript FILE.md")
	}
	steps, err := transcript(ts.ReadFile(args[0]))
	ts.Check(err)
	if len(steps) == 0 {
		ts.Fatalf("%s has no transcript", args[0])
	}
	for _, s := range steps {
		got, code := runStep(ts, s)
		wrong := false
		for _, l := range s.output {
			wrong = wrong || strings.HasPrefix(l, "csl: ")
		}
		if wrong != (code != 0) || !matches(shapes(s.output), shapes(got)) {
			ts.Fatalf("%s:%d: %s\nexit code %d, printed\n%s\ndocumented is\n%s", args[0], s.line,
				strings.Join(s.args, " "), code, strings.Join(got, "\n"), strings.Join(s.output, "\n"))
		}
	}
}

// runStep executes a command and returns the lines it prints on both streams, and the exit code.
func runStep(ts *testscript.TestScript, s step) (lines []string, code int) {
	env := ts.Value(variables{}).(*testscript.Env)
	path, err := exec.LookPath(s.args[0]) // testscript puts csl into the PATH
	ts.Check(err)
	cmd := exec.Command(path, s.args[1:]...)
	cmd.Args[0] = s.args[0]
	cmd.Dir, cmd.Env = ts.MkAbs("."), env.Vars
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		ts.Check(err)
	}
	text := strings.TrimRight(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
	return strings.Split(text, "\n"), cmd.ProcessState.ExitCode()
}

// transcript reads the steps of a Markdown file.
func transcript(text string) ([]step, error) {
	var steps []step
	inBlock, inTranscript := false, false
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " ")
		switch command, isCommand := strings.CutPrefix(line, "$ "); {
		case strings.HasPrefix(line, "```"):
			inBlock, inTranscript = !inBlock, false
		case inBlock && isCommand:
			inTranscript = true
			s := step{line: i + 1}
			for strings.HasSuffix(command, `\`) && i+1 < len(lines) {
				i++
				command = strings.TrimSuffix(command, `\`) + lines[i]
			}
			var err error
			if s.args, err = shellWords(command); err != nil {
				return nil, fmt.Errorf("line %d: %w", s.line, err)
			}
			steps = append(steps, s)
		case inTranscript:
			s := &steps[len(steps)-1]
			s.output = append(s.output, line)
		}
	}
	return steps, nil
}

// shellWords splits a command line at spaces outside quotes. Pipes, redirections and omissions are
// refused, since they would not run.
func shellWords(command string) ([]string, error) {
	var words []string
	for rest := strings.TrimSpace(command); rest != ""; rest = strings.TrimLeft(rest, " ") {
		end, cut := strings.IndexByte(rest, ' '), 0
		if rest[0] == '\'' || rest[0] == '"' {
			end, cut = strings.IndexByte(rest[1:], rest[0])+1, 1
			if end == 0 {
				return nil, fmt.Errorf("%q: a quote does not end", command)
			}
		} else if end < 0 {
			end = len(rest)
		}
		word := rest[cut:end]
		if cut == 0 && (word == "..." || strings.ContainsAny(word, "|<>;&`$")) {
			return nil, fmt.Errorf("%q: %q cannot be run by a test", command, word)
		}
		words, rest = append(words, word), rest[end+cut:]
	}
	return words, nil
}

var (
	figures     = regexp.MustCompile(`[-+]?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?(/[0-9]+)?%?`)
	spaces      = regexp.MustCompile(`\s+`)
	kernelNames = regexp.MustCompile(`\b(avx2|avx512|neon|portable)\b`)
	// duration is a time span as progress shows it, whose units depend on its length.
	duration = regexp.MustCompile(`\b([0-9]+(\.[0-9]+)?(ms|h|m|s) ?)+\b`)
)

// shapes maps lines to what they have in common on all processors.
func shapes(lines []string) []string {
	var out []string
	for _, l := range lines {
		l = duration.ReplaceAllString(l, "SPAN ")
		l = figures.ReplaceAllString(l, "0")
		l = kernelNames.ReplaceAllString(l, "KERNELS")
		for _, class := range synth.Classes() {
			l = regexp.MustCompile(`\b`+regexp.QuoteMeta(class)+`\b`).ReplaceAllString(l, "CLASS")
		}
		l = regexp.MustCompile(`\b(regular|average|EMA)\b`).ReplaceAllString(l, "WEIGHTS")
		out = append(out, strings.TrimSpace(spaces.ReplaceAllString(l, " ")))
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// matches tells whether got is what the documentation says, where "..." stands for any lines.
func matches(documented, got []string) bool {
	if len(documented) == 0 {
		return len(got) == 0
	}
	if documented[0] == "..." {
		for skip := range len(got) + 1 {
			if matches(documented[1:], got[skip:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && got[0] == documented[0] && matches(documented[1:], got[1:])
}

func TestTranscriptsAreReadAndMatchedByShape(t *testing.T) {
	steps, err := transcript("text\n```\n$ csl a 'b c' \\\n    d\nmAP 12.5\n...\ncar\n```\n```\nno transcript\n```\n")
	if err != nil || len(steps) != 1 || strings.Join(steps[0].args, "|") != "csl|a|b c|d" || steps[0].line != 3 {
		t.Fatalf("%+v, %v", steps, err)
	}
	for text, want := range map[string]bool{
		"mAP 9.75\ncar": true, "mAP  1\nx\ny\nsun": true, "mAP 1": false, "mAP -\ncar": false, "map 1\ncar": false,
	} {
		if matches(shapes(steps[0].output), shapes(strings.Split(text, "\n"))) != want {
			t.Errorf("%q: not %v", text, want)
		}
	}
	for _, bad := range []string{"csl a | head", "csl ... --x", "csl 'a", "csl a >b"} {
		if _, err := shellWords(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
