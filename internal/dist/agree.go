package dist

import (
	"bytes"
	"fmt"
	"strings"
)

// Agree fails on all ranks if a digest of name ("the program", "settings", "labels") differs between them, naming
// the ranks whose digest is not that of rank 0. It is called by all ranks.
func Agree(g Group, name string, digest []byte) error {
	if g.Size() == 1 {
		return nil
	}
	all, err := g.AllGather(digest)
	if err != nil {
		return err
	}
	var differ []string
	for rank, d := range all {
		if !bytes.Equal(d, all[0]) {
			differ = append(differ, fmt.Sprint(rank))
		}
	}
	switch len(differ) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("rank %s has another digest of %s than rank 0: all ranks need the same", differ[0], name)
	}
	return fmt.Errorf("ranks %s have other digests of %s than rank 0: all ranks need the same", strings.Join(differ, ", "), name)
}
