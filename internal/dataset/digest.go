package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"csl/internal/images/source"
	"csl/internal/labels"
)

// Digest tells a split from one that has other content under the same names. Empty parts are not known.
type Digest struct {
	Classes string `json:"classes,omitempty"` // names, in order
	Images  string `json:"images,omitempty"`  // names, in order
	Labels  string `json:"labels,omitempty"`  // state of every cell
	Files   string `json:"files,omitempty"`   // size and time of every image file
	Content string `json:"content,omitempty"` // bytes of every image file, where a cache knows them
}

// Digest computes the split's digest. Sizes and times of files are those that Open saw.
func (c *Split) Digest() Digest {
	d := Digest{Classes: classesDigest(c.Set), Files: c.files}
	d.Images, d.Labels = setDigests(c.Set)
	for _, cache := range c.caches {
		d.Content = cache.ContentDigest()
	}
	return d
}

// Changes names what differs from an earlier digest. Files whose content is known to be the same have not changed,
// whatever their times say.
func (d Digest) Changes(earlier Digest) []string {
	var changed []string
	differ := func(now, then, what string) bool {
		if now == "" || then == "" || now == then {
			return false
		}
		changed = append(changed, what)
		return true
	}
	differ(d.Classes, earlier.Classes, "the names of classes")
	if differ(d.Images, earlier.Images, "the list of images") {
		return changed
	}
	differ(d.Labels, earlier.Labels, "labels")
	if d.Content == "" || d.Content != earlier.Content {
		differ(d.Files, earlier.Files, "image files (their sizes or times)")
	}
	return changed
}

// Copied is the digest without what differs between copies of the data on several machines: the times of files.
func (d Digest) Copied() Digest {
	d.Files = ""
	return d
}

func sumText(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)[:16]) }

func classesDigest(s *labels.Set) string {
	h := sha256.New()
	for _, name := range s.ClassNames() {
		writeText(h, name)
	}
	return sumText(h)
}

// setDigests digests the names of images and the states of cells, in order.
func setDigests(s *labels.Set) (images, cells string) {
	names, states := sha256.New(), sha256.New()
	_ = s.WriteNames(names) // a hash takes everything
	_ = s.WriteStates(states)
	return sumText(names), sumText(states)
}

func writeText(w io.Writer, text string) {
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], uint64(len(text)))
	_, _ = w.Write(n[:]) // a hash takes everything
	_, _ = io.WriteString(w, text)
}

// stamps sums digests of files, so that the order in which they come does not matter.
type stamps struct{ sum [4]uint64 }

func (s *stamps) add(name string, at source.Stamp) {
	h := sha256.Sum256(fmt.Appendf(nil, "%q %d %d", name, at.Size, at.ModTime.UnixNano()))
	for i := range s.sum {
		s.sum[i] += binary.LittleEndian.Uint64(h[8*i:])
	}
}

// String is the digest.
func (s *stamps) String() string {
	var b []byte
	for _, v := range s.sum[:2] {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return hex.EncodeToString(b)
}
