package safefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"csl/internal/count"
	"csl/internal/exactjson"
)

const (
	// Last is the file that names the valid generation of a folder.
	Last = "last"
	// statePrefix begins the name of every generation's folder.
	statePrefix = "state-"
	// maxLast bounds what is read of a `last` file.
	maxLast = 1 << 20
)

// Owns tells whether name is that of a file or folder which [SaveGeneration] and [LockDir] keep in theirs.
func Owns(name string) bool {
	return name == Last || name == lockName || strings.HasPrefix(name, statePrefix)
}

// ErrNoGeneration says that nothing was ever saved in a folder.
var ErrNoGeneration = errors.New("no saved state")

// Part is one file of a generation.
type Part struct {
	// Name is a plain file name.
	Name string
	// Write produces the content.
	Write func(io.Writer) error
}

// Stored says what one file of a generation must be.
type Stored struct {
	Size   int64  `json:"size"`   // in bytes
	SHA256 string `json:"sha256"` // of the content, in hexadecimal
}

// Generation is a complete saved state: the content of a `last` file.
type Generation struct {
	// Step is the number given at the save.
	Step int64 `json:"step"`
	// Folder is the name of the generation's folder.
	Folder string `json:"folder"`
	// Files holds the size and sum of each file by name.
	Files map[string]Stored `json:"files"`
	// Meta is what the caller stored beside the files.
	Meta map[string]string `json:"meta,omitempty"`

	dir string
}

// Path is where the file name of the generation lies.
func (g *Generation) Path(name string) string { return filepath.Join(g.dir, g.Folder, name) }

// SaveGeneration stores parts as the new state of the folder dir, which must
// exist.
//
// The parts are written and synced in a temporary folder, that is renamed to
// state-<step>, and then the small file `last`, with the sum of each part, is
// renamed over the old one. Until that moment the older generation is the
// valid one, from it on the new one; no failure and no kill gives a mixture.
// Older generations and what killed writers left are removed at the end; a
// failure there is no error and is tried again by the next save.
//
// On an error the valid generation is the older one, with one exception: the
// very last step, syncing dir after the rename, may leave the new one valid.
func SaveGeneration(fsys FS, dir string, step int64, meta map[string]string, parts ...Part) error {
	if err := checkParts(parts); err != nil {
		return fmt.Errorf("save state %d in %q: %w", step, dir, err)
	}
	folder, err := freeFolder(fsys, dir, step)
	if err != nil {
		return fmt.Errorf("save state %d in %q: %w", step, dir, err)
	}
	target := filepath.Join(dir, folder)
	temp := tempName(target)
	if err := fsys.Mkdir(temp); err != nil {
		return explain(target, err)
	}
	gen := Generation{Step: step, Folder: folder, Files: map[string]Stored{}, Meta: meta, dir: dir}
	err = gen.fillFolder(fsys, temp, target, parts)
	if err == nil {
		err = gen.commit(fsys, temp, target)
	}
	if err != nil {
		return errors.Join(err, dropAll(fsys, temp))
	}
	gen.Sweep(fsys)
	return nil
}

// fillFolder writes the parts to temp and notes their sums.
func (g *Generation) fillFolder(fsys FS, temp, target string, parts []Part) error {
	for _, p := range parts {
		sum := sha256.New()
		var size int64
		err := writeNew(fsys, filepath.Join(temp, p.Name), filepath.Join(target, p.Name), 0o666, func(w io.Writer) error {
			c := &count.Writer{W: io.MultiWriter(w, sum)}
			defer func() { size = c.N }()
			return p.Write(c)
		})
		if err != nil {
			return err
		}
		g.Files[p.Name] = Stored{Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}
	}
	if err := fsys.SyncDir(temp); err != nil {
		return explain(target, err)
	}
	return nil
}

// commit gives the folder its name and makes it the valid one.
func (g *Generation) commit(fsys FS, temp, target string) error {
	if err := fsys.Rename(temp, target); err != nil {
		return explain(target, err)
	}
	if err := fsys.SyncDir(g.dir); err != nil {
		return errors.Join(explain(target, err), dropAll(fsys, target))
	}
	last, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		return errors.Join(fmt.Errorf("write %q: %w", filepath.Join(g.dir, Last), err), dropAll(fsys, target))
	}
	err = WriteBytes(fsys, filepath.Join(g.dir, Last), append(last, '\n'))
	if err == nil {
		return nil
	}
	if now, rerr := ReadLast(g.dir); rerr == nil && now.Folder == g.Folder {
		return err // renamed, only the sync after it failed: the folder must stay
	}
	return errors.Join(err, dropAll(fsys, target))
}

// Sweep removes every other generation and what killed writers left in the
// folder. A failure is not an error; the next save tries again.
func (g *Generation) Sweep(fsys FS) {
	entries, err := fsys.ReadDir(g.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := e.Name()
		stale := e.IsDir() && strings.HasPrefix(name, statePrefix) && name != g.Folder
		if stale || IsTemp(name) {
			_ = fsys.RemoveAll(filepath.Join(g.dir, name)) // tried again by the next save
		}
	}
}

// ReadLast reads the `last` file of dir without looking at the files that it
// names. The error is [ErrNoGeneration] if there is none.
func ReadLast(dir string) (*Generation, error) {
	path := filepath.Join(dir, Last)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %q: %w", path, ErrNoGeneration)
	}
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, bare(err))
	}
	defer f.Close()
	g := &Generation{dir: dir}
	if err := exactjson.Read(io.LimitReader(f, maxLast), g); err != nil {
		return nil, fmt.Errorf("read %q: damaged: %w", path, err)
	}
	if err := checkName(g.Folder); err != nil || !strings.HasPrefix(g.Folder, statePrefix) {
		return nil, fmt.Errorf("read %q: damaged: %q is not a state's folder", path, g.Folder)
	}
	for name := range g.Files {
		if err := checkName(name); err != nil {
			return nil, fmt.Errorf("read %q: damaged: %w", path, err)
		}
	}
	return g, nil
}

// LoadLast finds the valid generation of dir and checks the size and sum of
// each of its files. The error is [ErrNoGeneration] if nothing was ever saved.
func LoadLast(dir string) (*Generation, error) {
	g, err := ReadLast(dir)
	if err != nil {
		return nil, err
	}
	for name, want := range g.Files {
		if err := verify(g.Path(name), want); err != nil {
			return nil, fmt.Errorf("saved state of step %d: %w", g.Step, err)
		}
	}
	return g, nil
}

func verify(path string, want Stored) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read %q: %w", path, bare(err))
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return fmt.Errorf("read %q: %w", path, bare(err))
	}
	if size != want.Size {
		return fmt.Errorf("%q has %d bytes, but %d were saved", path, size, want.Size)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want.SHA256 {
		return fmt.Errorf("%q is damaged: its SHA-256 is %s, but %s was saved", path, got, want.SHA256)
	}
	return nil
}

// freeFolder chooses a folder name for step that nothing has. A run that
// resumes and saves at once must not touch the folder it came from.
func freeFolder(fsys FS, dir string, step int64) (string, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s%d", statePrefix, step)
		if n > 1 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
		_, err := fsys.Stat(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
		if err != nil {
			return "", bare(err)
		}
	}
}

func checkParts(parts []Part) error {
	seen := map[string]bool{}
	for _, p := range parts {
		if err := checkName(p.Name); err != nil {
			return err
		}
		if seen[p.Name] {
			return fmt.Errorf("file %q is given twice", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

// checkName allows plain names only: nothing that leads out of a folder.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\:`) {
		return fmt.Errorf("%q is not a plain file name", name)
	}
	return nil
}

func dropAll(fsys FS, path string) error {
	if err := fsys.RemoveAll(path); err != nil {
		return fmt.Errorf("remove temporary folder %q: %w", path, bare(err))
	}
	return nil
}
