package source

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// walk lists the files below root as slash-separated paths. Links to folders are followed after everything else, and
// each real folder is listed once, so that loops end and folders linked to each other do not multiply; notes say what
// was skipped for that. Pipes, sockets and devices are skipped, too. Folders that may not be read are an error.
func walk(root string) (keys, notes []string, err error) {
	w := walker{root: root, seen: map[string]string{}}
	real, err := filepath.EvalSymlinks(root)
	if err == nil {
		err = w.visit("", real)
	}
	for err == nil && len(w.links) > 0 {
		key := w.links[0]
		w.links = w.links[1:]
		// What cannot be resolved, such as a link to itself, is not a folder.
		if real, e := filepath.EvalSymlinks(w.file(key)); e == nil {
			err = w.visit(key, real)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("list the files below %q: %w", root, err)
	}
	if w.repeats > 0 {
		w.note("%d more links to folders listed already", w.repeats)
	}
	if w.special > 0 {
		w.note("%d pipes, sockets or devices skipped, such as %q", w.special, w.firstSpecial)
	}
	return w.keys, w.notes, nil
}

// walker collects files.
type walker struct {
	root        string
	keys, notes []string
	links       []string          // to folders, not followed yet
	seen        map[string]string // real folders, and their keys
	repeats     int               // links to folders seen, of which no note tells

	special      int // pipes, sockets and devices
	firstSpecial string
}

func (w *walker) file(key string) string { return filepath.Join(w.root, filepath.FromSlash(key)) }

func (w *walker) note(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

// visit lists the folder of a key, whose real path is given.
func (w *walker) visit(key, real string) error {
	if first, ok := w.seen[real]; ok {
		if len(w.notes) > 0 {
			w.repeats++
			return nil
		}
		w.note("folder %q is a link to %q, which is listed already", w.file(key), w.file(first))
		return nil
	}
	w.seen[real] = key
	entries, err := os.ReadDir(w.file(key))
	if err != nil {
		return err
	}
	for _, e := range entries {
		below, kind := path.Join(key, e.Name()), e.Type()
		linked := kind&fs.ModeSymlink != 0
		if linked {
			info, err := os.Stat(w.file(below))
			if err != nil {
				continue // a dangling link is not a file
			}
			kind = info.Mode().Type()
		}
		switch {
		case kind.IsDir() && linked:
			w.links = append(w.links, below)
		case kind.IsDir():
			if err := w.visit(below, filepath.Join(real, e.Name())); err != nil {
				return err
			}
		case kind.IsRegular():
			w.keys = append(w.keys, below)
		default:
			if w.special++; w.special == 1 {
				w.firstSpecial = w.file(below)
			}
		}
	}
	return nil
}
