package checkpoint

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"csl/internal/checkpoint/pickle"
)

// legacyMagic begins every file that torch.save wrote before 1.6.
const legacyMagic = "1950a86a20f9469cfc6c"

// legacyVersion is the only version of that format there ever was.
const legacyVersion = 1001

// counted is a buffered reader that knows how far it has been read.
type counted struct {
	r   *bufio.Reader
	pos int64
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.pos++
	}
	return b, err
}

// loadTorchLegacy reads the legacy form: the pickles of a magic number, a
// version, facts of the system, the object and the list of storage keys, then
// each storage as an 8-byte count and its elements.
func (f *File) loadTorchLegacy(r io.ReaderAt) error {
	in := &counted{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, f.Size), 1<<16)}
	g := &globals{}
	if err := readLegacyHead(in, g); err != nil {
		return err
	}
	known := map[string]*storage{}
	top, err := pickle.Read(in, g.config(func(id any) (any, error) { return legacyStorage(known, id) }))
	if err != nil {
		return err
	}
	f.Skipped = g.skipped
	keys, err := pickle.Read(in, g.config(nil))
	if err != nil {
		return fmt.Errorf("list of storages: %w", err)
	}
	if err := locateLegacy(r, f.Size, in.pos, known, items(keys)); err != nil {
		return err
	}
	return f.unwrap(top)
}

func readLegacyHead(in io.ByteReader, g *globals) error {
	magic, err := pickle.Read(in, g.config(nil))
	if err != nil {
		return err
	}
	if !isBig(magic, legacyMagic) {
		return errors.New("it is a Python pickle, but not one that torch.save wrote")
	}
	version, err := pickle.Read(in, g.config(nil))
	if err != nil {
		return err
	}
	if version != int64(legacyVersion) {
		return fmt.Errorf("its version is %v; only %d is known", version, legacyVersion)
	}
	system, err := pickle.Read(in, g.config(nil))
	if err != nil {
		return err
	}
	if d, ok := system.(*pickle.Dict); ok {
		if little, ok := d.Get("little_endian"); ok && little == false {
			return errors.New("it comes from a big-endian machine; only little-endian files are supported")
		}
	}
	return nil
}

// legacyStorage makes the storage of a persistent id known by key. Views of
// storages (of before torch 0.4) are refused.
func legacyStorage(known map[string]*storage, id any) (any, error) {
	v, err := storageID(id)
	s, ok := v.(*storage)
	if err != nil || !ok {
		return v, err
	}
	if parts := items(id); len(parts) > 5 && parts[5] != nil {
		return nil, fmt.Errorf("storage %q is a view of another, which is not supported", s.key)
	}
	if old := known[s.key]; old != nil {
		if old.dtype != s.dtype || old.len != s.len {
			return nil, fmt.Errorf("storage %q is described twice in different ways", s.key)
		}
		return old, nil
	}
	known[s.key] = s
	return s, nil
}

// locateLegacy walks over the storages behind the pickles.
func locateLegacy(r io.ReaderAt, size, at int64, known map[string]*storage, keys []any) error {
	for _, k := range keys {
		key, _ := k.(string)
		s := known[key]
		if s == nil {
			return fmt.Errorf("storage %q is listed but not used", k)
		}
		var count [8]byte
		if _, err := r.ReadAt(count[:], at); err != nil {
			return fmt.Errorf("the file is cut off before storage %q", key)
		}
		at += int64(len(count))
		if n := int64(binary.LittleEndian.Uint64(count[:])); n != s.len {
			return fmt.Errorf("storage %q has %d elements, but its tensors say %d", key, n, s.len)
		}
		if s.dtype.Size() == 0 {
			return fmt.Errorf("storage %q of type %q has elements of unknown size", key, s.other)
		}
		if s.len > (size-at)/int64(s.dtype.Size()) {
			return fmt.Errorf("the file is cut off in storage %q", key)
		}
		n := s.len * int64(s.dtype.Size())
		s.data = &region{data: io.NewSectionReader(r, at, n), size: n} // this format has no sums
		at += n
	}
	for key, s := range known {
		if s.data == nil {
			return fmt.Errorf("storage %q is missing", key)
		}
	}
	return nil
}
