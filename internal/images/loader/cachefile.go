package loader

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"runtime"

	"csl/internal/images/codec"
	"csl/internal/images/source"
)

// A cache file is: a head of 64 bytes (magic, width, height, number of images, key), the
// images, a record of 64 bytes for each, and the SHA-256 of head and records. Numbers are
// little-endian.
const (
	cacheMagic       = "CSLPICS1"
	cacheHead        = 64
	cacheRecordBytes = 64
	cacheFoot        = sha256.Size
	maxCacheSide     = 1 << 14
)

// errStale says that a cache has to be made anew.
var errStale = errors.New("not usable")

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// cacheRecord is what the file says of one image.
type cacheRecord struct {
	name  uint64       // nameDigest
	stamp source.Stamp // of the source file
	sum   [sha256.Size]byte
	crc   uint32 // of the pixels
	good  bool   // the image could be decoded
}

// cacheKey digests everything that decides what the pixels are, other than the files.
func cacheKey(f *Files, s Samples) (key [sha256.Size]byte) {
	h := sha256.New()
	limit := f.Decode.MaxPixels
	if limit == 0 {
		limit = codec.DefaultMaxPixels
	}
	fmt.Fprintf(h, "%s %s %d %d %d %s %d %t %d\n", cacheMagic, runtime.Version(), codec.Pixels, f.W, f.H, f.Filter, limit, f.Decode.EXIFOrientation, s.Len())
	for i := range s.Len() {
		fmt.Fprintf(h, "%q\n", s.ImageName(i))
	}
	h.Sum(key[:0])
	return key
}

// nameDigest tells names apart well enough to notice that samples were mixed up (FNV-1a).
func nameDigest(name string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return h
}

// encodeHead is the head of a cache file.
func encodeHead(key [sha256.Size]byte, n, w, h int) []byte {
	head := make([]byte, cacheHead)
	copy(head, cacheMagic)
	binary.LittleEndian.PutUint32(head[8:], uint32(w))
	binary.LittleEndian.PutUint32(head[12:], uint32(h))
	binary.LittleEndian.PutUint64(head[16:], uint64(n))
	copy(head[24:], key[:])
	return head
}

// encode appends the record to b.
func (r *cacheRecord) encode(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, r.name)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.stamp.Size))
	b = binary.LittleEndian.AppendUint64(b, uint64(stampTime(r.stamp)))
	b = binary.LittleEndian.AppendUint32(b, r.crc)
	good := uint32(0)
	if r.good {
		good = 1
	}
	b = binary.LittleEndian.AppendUint32(b, good)
	return append(b, r.sum[:]...)
}

// decodeRecord reads a record.
func decodeRecord(b []byte) (r cacheRecord) {
	r.name = binary.LittleEndian.Uint64(b)
	r.stamp = stampOf(int64(binary.LittleEndian.Uint64(b[8:])), int64(binary.LittleEndian.Uint64(b[16:])))
	r.crc = binary.LittleEndian.Uint32(b[24:])
	r.good = binary.LittleEndian.Uint32(b[28:]) == 1
	copy(r.sum[:], b[32:])
	return r
}

// openCacheFile opens a cache whose head, size and records are in order. The error wraps errStale
// where there is none such and one may be made.
func openCacheFile(path string, key [sha256.Size]byte, c CacheConfig) (cache *Cache, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", errStale, err)
	}
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
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	n := c.Samples.Len()
	w, h := c.Files.Size()
	if size := CacheBytes(n, w, h); info.Size() != size {
		return nil, fmt.Errorf("%w: %d bytes, want %d", errStale, info.Size(), size)
	}
	index, err := readIndex(f, encodeHead(key, n, w, h), n, info.Size())
	if err != nil {
		return nil, err
	}
	data, err := mapFile(f, info.Size())
	if err != nil {
		return nil, err
	}
	return &Cache{config: c, path: path, index: index, data: data}, nil
}

// readIndex reads and checks the head and the records of a cache of n images.
func readIndex(r io.ReaderAt, head []byte, n int, size int64) ([]cacheRecord, error) {
	got := make([]byte, cacheHead)
	if _, err := r.ReadAt(got, 0); err != nil {
		return nil, err
	}
	if !bytes.Equal(got, head) {
		return nil, fmt.Errorf("%w: another cache's head", errStale)
	}
	tail := make([]byte, n*cacheRecordBytes+cacheFoot)
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	records, foot := tail[:n*cacheRecordBytes], tail[n*cacheRecordBytes:]
	if !bytes.Equal(cacheSum(head, records), foot) {
		return nil, fmt.Errorf("%w: damaged records", errStale)
	}
	index := make([]cacheRecord, n)
	for i := range index {
		index[i] = decodeRecord(records[i*cacheRecordBytes:])
	}
	return index, nil
}

// cacheSum is the foot of a cache file.
func cacheSum(head, records []byte) []byte {
	h := sha256.New()
	h.Write(head)
	h.Write(records)
	return h.Sum(nil)
}
