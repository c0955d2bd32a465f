package checkpoint

import (
	"archive/zip"
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"csl/internal/checkpoint/pickle"
)

// maxEntries bounds the number of files in a zip archive.
const maxEntries = 1 << 20

// maxInflation is how many times larger than the file its compressed entries
// may be once inflated, all together. Weights hardly compress at all.
const maxInflation = 64

// torchArchive is the zip form: NAME/data.pkl and a file NAME/data/KEY for each
// storage. torch stores them; what repacked the archive may have deflated them.
type torchArchive struct {
	r        io.ReaderAt
	size     int64
	prefix   string
	entries  map[string]*zip.File
	used     map[string]span // the entries that were asked for
	inflated int64           // bytes of deflated entries, once inflated
}

// span is where an entry's content lies.
type span struct{ from, to int64 }

// loadTorchZip reads the pickle of a zip file; tensors stay in their entries.
func (f *File) loadTorchZip(r io.ReaderAt) error {
	a, err := openArchive(r, f.Size)
	if err != nil {
		return err
	}
	if err := a.checkOrder(); err != nil {
		return err
	}
	entry, err := a.region("data.pkl")
	if err != nil {
		return err
	}
	g := &globals{}
	known := map[string]*storage{}
	top, err := pickle.Read(bufio.NewReader(io.NewSectionReader(entry, 0, entry.size)), g.config(func(id any) (any, error) {
		v, err := storageID(id)
		s, ok := v.(*storage)
		if err != nil || !ok {
			return v, err
		}
		if old := known[s.key]; old != nil && old.dtype == s.dtype && old.len == s.len {
			return old, nil
		}
		known[s.key] = s
		return s, a.locate(s)
	}))
	if err != nil {
		return err
	}
	if err := a.checkOverlap(); err != nil {
		return err
	}
	f.Skipped, f.content = g.skipped, f.Size+a.inflated
	return f.unwrap(top)
}

// checkOverlap refuses a table of contents that gives the same bytes to two of the entries in use.
func (a *torchArchive) checkOverlap() error {
	names := slices.SortedFunc(maps.Keys(a.used), func(x, y string) int {
		return cmp.Or(cmp.Compare(a.used[x].from, a.used[y].from), cmp.Compare(x, y))
	})
	for i := 1; i < len(names); i++ {
		if before, here := names[i-1], names[i]; a.used[here].from < a.used[before].to {
			return fmt.Errorf("entry %q overlaps %q", a.prefix+here, a.prefix+before)
		}
	}
	return nil
}

func openArchive(r io.ReaderAt, size int64) (*torchArchive, error) {
	z, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrFormat) {
		return nil, errors.New("the table of contents at its end is missing or damaged: the file is cut off")
	}
	if err != nil {
		return nil, err
	}
	if len(z.File) > maxEntries {
		return nil, fmt.Errorf("it has %d entries", len(z.File))
	}
	a := &torchArchive{r: r, size: size, entries: make(map[string]*zip.File, len(z.File)), used: map[string]span{}}
	found := false
	for _, e := range z.File {
		if _, twice := a.entries[e.Name]; twice {
			return nil, fmt.Errorf("entry %q appears twice", e.Name)
		}
		a.entries[e.Name] = e
		if p, ok := strings.CutSuffix(e.Name, "data.pkl"); ok && !found && (p == "" || strings.HasSuffix(p, "/")) {
			a.prefix, found = p, true
		}
	}
	if !found {
		return nil, errors.New("it is a zip archive without a data.pkl: not a PyTorch checkpoint")
	}
	if a.entries[a.prefix+"constants.pkl"] != nil {
		return nil, errors.New("it is a TorchScript archive: save model.state_dict() with torch.save instead")
	}
	return a, nil
}

// checkOrder refuses files from big-endian machines.
func (a *torchArchive) checkOrder() error {
	if a.entries[a.prefix+"byteorder"] == nil {
		return nil
	}
	entry, err := a.region("byteorder")
	if err != nil {
		return err
	}
	order, err := io.ReadAll(io.NewSectionReader(entry, 0, min(entry.size, 16)))
	if err != nil {
		return err
	}
	if string(order) != "little" {
		return fmt.Errorf("its byte order is %q; only little-endian files are supported", order)
	}
	return nil
}

// region is the content of an entry. It is compared with the entry's sum
// before anything of it is read.
func (a *torchArchive) region(name string) (*region, error) {
	e := a.entries[a.prefix+name]
	if e == nil {
		return nil, fmt.Errorf("entry %q is missing", a.prefix+name)
	}
	if e.Method != zip.Store && e.Method != zip.Deflate {
		return nil, fmt.Errorf("entry %q is compressed by method %d; only deflate is read: unpack the archive and zip it anew", e.Name, e.Method)
	}
	if e.Method == zip.Store && e.CompressedSize64 != e.UncompressedSize64 {
		return nil, fmt.Errorf("entry %q claims %d bytes and also %d", e.Name, e.CompressedSize64, e.UncompressedSize64)
	}
	at, err := e.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("entry %q: %w", e.Name, err)
	}
	if at < 0 || at > a.size || e.CompressedSize64 > uint64(a.size-at) {
		return nil, fmt.Errorf("entry %q claims %d bytes, more than the file has", e.Name, e.CompressedSize64)
	}
	a.used[name] = span{at, at + int64(e.CompressedSize64)}
	packed := io.NewSectionReader(a.r, at, int64(e.CompressedSize64))
	r := &region{data: packed, size: packed.Size(), what: fmt.Sprintf("entry %q", e.Name)}
	if sum := e.CRC32; sum != 0 { // PyTorch can be told to write none
		r.sum = &sum
	}
	if e.Method == zip.Deflate {
		if most := maxInflation * a.size; a.inflated > most || e.UncompressedSize64 > uint64(most-a.inflated) {
			return nil, fmt.Errorf("entry %q claims %d bytes: the archive would grow to more than %d times its size", e.Name, e.UncompressedSize64, maxInflation)
		}
		r.size = int64(e.UncompressedSize64)
		a.inflated += r.size
		r.data = newInflated(packed, r.size)
	}
	return r, nil
}

// locate finds a storage's entry and compares its length with the claim.
func (a *torchArchive) locate(s *storage) error {
	entry, err := a.region("data/" + s.key)
	if err != nil {
		return err
	}
	s.data = entry
	if s.dtype.Size() == 0 {
		return nil // nobody reads it
	}
	if have := entry.size / int64(s.dtype.Size()); have != s.len {
		return fmt.Errorf("storage %q claims %d elements of %v, but its entry has %d bytes", s.key, s.len, s.dtype, entry.size)
	}
	return nil
}
