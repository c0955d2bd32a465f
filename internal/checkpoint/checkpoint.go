// Package checkpoint reads and writes model files: safetensors (csl's own
// format), PyTorch's .pth in its zip and its legacy form, and ONNX (writing
// only, in the subpackage onnx).
//
// [Open] finds out what a file is by its content and gives its tensors in one
// form. [Interpret] turns their names into those of the reference repository
// and says which architecture they are. [Meta] is what csl stores beside the
// tensors. Files come from strangers: nothing in them is executed, and every
// size is checked against the file before memory is asked for.
//
// The network itself is not known here: package model owns it.
package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"csl/internal/regular"
)

// Format is a file format.
type Format string

// The formats that [Open] reads.
const (
	Safetensors Format = "safetensors"
	TorchZip    Format = "PyTorch zip"
	TorchLegacy Format = "PyTorch legacy"
)

// File is an open checkpoint. Its tensors stay readable until Close.
type File struct {
	// Path is what Open was given.
	Path string
	// Format is what the content is.
	Format Format
	// Size is the file's length in bytes.
	Size int64
	// Meta holds the metadata of a safetensors file, or of a PyTorch file of
	// csl's; else it is nil.
	Meta map[string]string
	// Wrapped is the key of the dictionary under which a PyTorch file holds
	// the state dict ("model", "state_dict"), "" for a raw one. Keys of nested
	// dictionaries are joined by dots.
	Wrapped string
	// Prefix is what was taken off the model's names, such as "module.".
	Prefix string
	// Variant says which weights these are, as far as keys and names tell.
	Variant Variant
	// Skipped are the classes and functions that a PyTorch file names beside
	// its tensors and that nothing here stands for, in order; at most
	// maxSkipped. None of them was run.
	Skipped []string
	// Classes are the names from idx_to_class or class_to_idx, in index
	// order; nil if the file has none.
	Classes []string
	// NumClasses is what the file says of it; 0 if it says nothing.
	NumClasses int

	sets     []*tensorSet // the models in the file, the preferred one first
	selected *tensorSet
	asked    Variant   // what Select was given
	tensors  []*Tensor // of the selected one, and those that belong to none
	byName   map[string]*Tensor
	content  int64   // bytes that tensors may lie in, once inflated
	packed   *Packed // nil: the file has none
	file     *os.File
}

// Tensors lists all tensors of the selected model, and those beside it that
// belong to no model, in the order of the file.
func (f *File) Tensors() []*Tensor { return f.tensors }

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (*Tensor, bool) {
	t, ok := f.byName[name]
	return t, ok
}

// Close ends the use of the file and of its tensors.
func (f *File) Close() error {
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("close %q: %w", f.Path, err)
	}
	return nil
}

// SHA256 reads the whole file and returns the sum in hexadecimal.
func (f *File) SHA256() (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f.file, 0, f.Size)); err != nil {
		return "", fmt.Errorf("read %q: %w", f.Path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Open opens a checkpoint of any format that csl reads. The format is found
// from the content; the name does not matter. All tables are read and checked,
// tensor data is read, and compared with its sum, only when it is asked for. Errors name the path and say in one line what
// the file is or what is wrong with it.
func Open(path string) (*File, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		if err := regular.Check(path, info); err != nil {
			return nil, fmt.Errorf("open checkpoint: %w", err) // without opening it: a pipe would block
		}
	}
	file, err := os.Open(path)
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, fmt.Errorf("open checkpoint %q: %w", path, err)
	}
	f, err := open(file, path)
	if err != nil {
		_ = file.Close() // nothing was written
		return nil, fmt.Errorf("open checkpoint %q: %w", path, err)
	}
	return f, nil
}

func open(file *os.File, path string) (*File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f := &File{Path: path, Size: info.Size(), file: file}
	if err := f.load(file); err != nil {
		return nil, err
	}
	return f, nil
}

// load reads the tables of r, which has f.Size bytes.
func (f *File) load(r io.ReaderAt) error {
	format, err := sniff(r, f.Size)
	if err != nil {
		return err
	}
	f.Format, f.content = format, f.Size
	switch format {
	case Safetensors:
		err = f.loadSafetensors(r)
	case TorchZip:
		err = f.loadTorchZip(r)
	case TorchLegacy:
		err = f.loadTorchLegacy(r)
	}
	if err != nil {
		return fmt.Errorf("%s file: %w", format, err)
	}
	return nil
}

// add checks tensors and makes them known by name.
func (f *File) add(tensors []*Tensor) error {
	f.tensors = tensors
	f.byName = make(map[string]*Tensor, len(tensors))
	for _, t := range tensors {
		if err := t.check(); err != nil {
			return err
		}
		if _, twice := f.byName[t.Name]; twice && !t.foreign {
			return fmt.Errorf("tensor %q appears twice", t.Name)
		} else if !twice {
			f.byName[t.Name] = t
		}
	}
	return nil
}
