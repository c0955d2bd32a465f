package source

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"csl/internal/count"
	"csl/internal/images/codec"
)

// tarFile is a Source of the files in a tar archive, which are read where they lie, by several
// goroutines at a time.
type tarFile struct {
	path  string
	file  *os.File
	stamp Stamp
	at    map[string]tarEntry
	links map[string]string // symbolic links and what they say
	keys  []string          // ascending
	index *baseIndex
}

// tarEntry is where a file lies in the archive.
type tarEntry struct{ offset, size int64 }

// openTar opens an archive and goes over its headers.
func openTar(name string) (t *tarFile, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := refuseCompressed(f, name); err != nil {
		return nil, err
	}
	at, links, err := indexTar(f, info.Size())
	if err != nil && len(at) == 0 {
		return nil, fmt.Errorf("%q is neither a folder nor a whole tar archive: %w", name, err)
	}
	if err != nil {
		return nil, fmt.Errorf("tar archive %q: after %s: %w", name, count.Of(len(at), "file"), err)
	}
	t = &tarFile{path: name, file: f, stamp: Stamp{Size: info.Size(), ModTime: info.ModTime()}, at: at, links: links}
	for key := range at {
		t.keys = append(t.keys, key)
	}
	slices.Sort(t.keys)
	t.index = newBaseIndex(t.keys)
	return t, nil
}

// refuseCompressed says what to do with an archive that cannot be read at random.
func refuseCompressed(f io.ReaderAt, name string) error {
	head := make([]byte, 262)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	head = head[:n]
	for _, c := range []struct{ magic, what, how string }{
		{"\x1f\x8b", "compressed with gzip", "unpack it (tar xzf), or undo only the compression (gunzip)"},
		{"BZh", "compressed with bzip2", "unpack it (tar xjf), or undo only the compression (bunzip2)"},
		{"\xfd7zXZ", "compressed with xz", "unpack it (tar xJf), or undo only the compression (unxz)"},
		{"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it (tar --zstd -xf), or undo only the compression (unzstd)"},
		{"PK\x03\x04", "a zip archive", "unpack it (unzip)"},
	} {
		if bytes.HasPrefix(head, []byte(c.magic)) {
			return fmt.Errorf("%q is %s, where single images cannot be read: %s", name, c.what, c.how)
		}
	}
	if _, err := codec.Sniff(head); err == nil {
		return fmt.Errorf("%q is an image; a folder or a tar archive of images is wanted", name)
	}
	return nil
}

// indexTar goes over the headers of an archive of the size given and returns where each regular
// file lies, and the symbolic links; those that lead to a file are files as well. Of two entries of one name the later
// counts, as tar unpacks them.
func indexTar(r io.ReadSeeker, size int64) (at map[string]tarEntry, links map[string]string, err error) {
	at, links = map[string]tarEntry{}, map[string]string{}
	for tr := tar.NewReader(r); ; {
		head, err := tr.Next()
		if err == io.EOF {
			break
		}
		// Names that lead out of the archive do no harm: nothing is unpacked.
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return at, nil, err
		}
		name := path.Clean(strings.TrimPrefix(head.Name, "/"))
		switch {
		case head.Typeflag == tar.TypeLink:
			if e, ok := at[path.Clean(strings.TrimPrefix(head.Linkname, "/"))]; ok {
				at[name] = e
				delete(links, name)
			}
			continue
		case head.Typeflag == tar.TypeSymlink:
			links[name] = head.Linkname
			delete(at, name)
			continue
		case head.Typeflag == tar.TypeGNUSparse || head.PAXRecords["GNU.sparse.major"] != "" || head.PAXRecords["GNU.sparse.map"] != "":
			return nil, nil, fmt.Errorf("file %q is stored as sparse: pack it without --sparse", head.Name)
		case head.Typeflag != tar.TypeReg:
			continue
		}
		// The reader takes whole headers from r and nothing ahead, so r stands at the data.
		offset, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, nil, err
		}
		if head.Size < 0 || head.Size > size-offset {
			return nil, nil, fmt.Errorf("file %q: the archive is cut short, %d of %d bytes are there", head.Name, max(size-offset, 0), head.Size)
		}
		at[name] = tarEntry{offset: offset, size: head.Size}
		delete(links, name)
	}
	if len(at) == 0 {
		return nil, nil, errors.New("no files in it")
	}
	for name := range links {
		if e, ok := at[followLinks(links, name)]; ok {
			at[name] = e
		}
	}
	return at, links, nil
}

// followLinks is the name that a name leads to where parts of it are symbolic links, "" for a loop and for what leads
// out of the archive.
func followLinks(links map[string]string, name string) string {
	const most = 40 // as Linux allows
	for range most {
		part, rest, found := "", name, false
		for rest != "" && !found {
			var first string
			first, rest, _ = strings.Cut(rest, "/")
			part = path.Join(part, first)
			_, found = links[part]
		}
		if !found {
			return name
		}
		to := links[part]
		if !path.IsAbs(to) {
			to = path.Join(path.Dir(part), to)
		}
		name = path.Join(strings.TrimPrefix(to, "/"), rest)
		if name == ".." || strings.HasPrefix(name, "../") {
			return ""
		}
	}
	return ""
}

func (t *tarFile) Resolve(name string) (string, error) {
	key, err := resolve(name, t.path, func(key string) bool {
		_, ok := t.find(key)
		return ok
	}, func() (*baseIndex, error) { return t.index, nil })
	if to, ok := t.links[path.Clean(name)]; ok && err != nil {
		return "", fmt.Errorf("image %q: in %q it is a link to %q, where there is no file: %w", name, t.path, to, fs.ErrNotExist)
	}
	return key, err
}

// find finds a file by its key, also behind links to folders.
func (t *tarFile) find(key string) (tarEntry, bool) {
	e, ok := t.at[key]
	if !ok && len(t.links) > 0 {
		e, ok = t.at[followLinks(t.links, key)]
	}
	return e, ok
}

func (t *tarFile) ReadFile(key string, buf []byte) ([]byte, error) {
	return t.read(key, buf, maxFile)
}

func (t *tarFile) ReadHead(key string, n int) ([]byte, error) {
	return t.read(key, nil, int64(n))
}

func (t *tarFile) read(key string, buf []byte, limit int64) ([]byte, error) {
	e, ok := t.find(key)
	if !ok {
		return nil, fmt.Errorf("%q in %q: %w", key, t.path, fs.ErrNotExist)
	}
	return readSized(io.NewSectionReader(t.file, e.offset, e.size), key, buf, e.size, limit)
}

// Stat gives the file's size and the archive's time: an entry's time survives
// a change of content too easily.
func (t *tarFile) Stat(key string) (Stamp, error) {
	e, ok := t.find(key)
	if !ok {
		return Stamp{}, fmt.Errorf("%q in %q: %w", key, t.path, fs.ErrNotExist)
	}
	return Stamp{Size: e.size, ModTime: t.stamp.ModTime}, nil
}

// all lists the keys of all files.
func (t *tarFile) all() ([]string, error) { return t.keys, nil }

func (t *tarFile) Names() ([]string, error) { return imageKeys(t.keys), nil }

func (t *tarFile) Notes() []string { return nil }

func (t *tarFile) Close() error { return t.file.Close() }
