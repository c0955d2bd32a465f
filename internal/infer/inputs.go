package infer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"csl/internal/images/source"
	"csl/internal/regular"
	"csl/internal/textio"
)

// maxPath is the longest line of a list, in bytes: far above what systems allow for a path.
const maxPath = 1 << 16

// Inputs lists the images that the arguments stand for, in their order: a file; a folder, for all
// files below it with an image's extension, by name; a tar archive, for such files in it, which is added to
// archives; a pattern with * ? or [...]; @FILE, a list of paths, one per line; "-", such a list on stdin. Whether
// the files are images is not looked at. An argument that stands for nothing is an error. Each of notes says what
// was skipped below a folder and why.
func Inputs(ctx context.Context, args []string, stdin io.Reader, archives *source.Archives) (all, notes []string, err error) {
	in := inputs{ctx: ctx, stdin: stdin, archives: archives}
	for _, arg := range args {
		paths, err := in.expand(arg)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, paths...)
	}
	return all, in.notes, nil
}

// inputs finds out what arguments stand for.
type inputs struct {
	ctx      context.Context
	stdin    io.Reader
	archives *source.Archives
	notes    []string
}

func (in *inputs) expand(arg string) ([]string, error) {
	if arg == "-" {
		return readList(in.stdin, "standard input")
	}
	info, err := regular.Wait(in.ctx, func() (fs.FileInfo, error) { return os.Stat(arg) }, func(fs.FileInfo) {})
	switch {
	case err == nil && info.IsDir():
		return in.below(arg)
	case err == nil && info.Mode().IsRegular() && source.IsArchive(arg):
		return in.archives.Add(in.ctx, arg)
	case err == nil:
		return []string{arg}, nil
	case strings.HasPrefix(arg, "@"):
		return listFile(in.ctx, arg[1:])
	case !errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(arg, "*?["):
		return nil, fmt.Errorf("image %q: %w", arg, bare(err))
	}
	if strings.ContainsAny(arg, "*?[") {
		return matches(arg)
	}
	return nil, fmt.Errorf("image %q: no such file or folder", arg)
}

// below lists the images below a folder.
func (in *inputs) below(dir string) ([]string, error) {
	source, err := source.Open(in.ctx, dir)
	if err != nil {
		return nil, err
	}
	names, err := regular.Wait(in.ctx, source.Names, func([]string) {})
	if err == nil {
		in.notes = append(in.notes, source.Notes()...)
	}
	if err = errors.Join(err, source.Close()); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("folder %q: no file has an image's extension", dir)
	}
	for i, name := range names {
		names[i] = filepath.Join(dir, filepath.FromSlash(name))
	}
	return names, nil
}

// matches lists the files that a pattern stands for.
func matches(pattern string) ([]string, error) {
	if strings.Contains(pattern, "**") {
		return nil, fmt.Errorf("pattern %q: ** is not supported; a folder stands for all images below it", pattern)
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	var files []string
	for _, path := range found {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			files = append(files, path)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("pattern %q: no file matches", pattern)
	}
	return files, nil
}

func listFile(ctx context.Context, path string) (list []string, err error) {
	f, err := regular.Open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("list of images %q: %w", path, bare(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return readList(f, fmt.Sprintf("list of images %q", path))
}

// readList reads paths, one per line; empty lines do not count.
func readList(r io.Reader, name string) ([]string, error) {
	var list []string
	text := bufio.NewReader(r)
	if mark, _ := text.Peek(2); string(mark) == "\xff\xfe" || string(mark) == "\xfe\xff" { // UTF-16, as PowerShell writes
		converted, err := textio.NewReader(text, textio.Options{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text = bufio.NewReader(converted)
	}
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, 4096), maxPath)
	number := 1
	for ; lines.Scan(); number++ {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		switch {
		case bytes.IndexByte(line, 0) >= 0:
			return nil, fmt.Errorf("%s line %d: a zero byte: not a text file with one path per line", name, number)
		case len(bytes.TrimSpace(line)) > 0:
			list = append(list, listed(string(line)))
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s line %d: longer than any path (%d bytes)", name, number, maxPath)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", name, bare(err))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: it has no paths", name)
	}
	return list, nil
}

// listed is the path that a line means: itself, if there is such a file, else without spaces or quotes around it, or
// with slashes for backslashes, if there is such a one.
func listed(line string) string {
	exists := func(path string) bool {
		_, err := os.Lstat(path)
		return err == nil
	}
	if exists(line) {
		return line
	}
	plain := strings.TrimSpace(line)
	if n := len(plain); n > 1 && (plain[0] == '"' || plain[0] == '\'') && plain[n-1] == plain[0] {
		plain = plain[1 : n-1]
	}
	for _, path := range []string{plain, filepath.FromSlash(strings.ReplaceAll(plain, `\`, "/"))} {
		if exists(path) {
			return path
		}
	}
	return line
}

// bare takes the path off an error of package os.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
