package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"csl/internal/dataset"
)

// identity is what must be the same on all ranks.
type identity struct {
	Host     string
	Program  string // digest
	Version  string
	Settings string // configText
	Resume   bool
	Data     dataSize
}

// measure computes the digests of the data.
func (t *trainer) measure(context.Context) error {
	t.data.measure()
	return nil
}

// compare makes sure that all ranks run the same program with the same settings on the same data; it names ranks that do not,
// and what they have that rank 0 has not.
func (t *trainer) compare() error {
	if t.ranks.alone() {
		return nil
	}
	host, _ := os.Hostname() // a name less in the message
	all, err := gatherJSON(t.ranks.group, identity{host, t.o.Program, t.o.Version, t.folder.settings, t.o.Resume, t.data.size.copied()})
	if err != nil {
		return err
	}
	var problems []string
	for rank, who := range all {
		if other := who.differs(all[0]); other != "" {
			problems = append(problems, fmt.Sprintf("rank %d on %s has %s than rank 0 on %s", rank, who.Host, other, all[0].Host))
		}
	}
	if problems == nil {
		return nil
	}
	return common{errors.New("the ranks do not fit together: " + strings.Join(problems, "; "))}
}

// copied is d without what differs between copies of the data.
func (d dataSize) copied() dataSize {
	for _, p := range []**dataset.Digest{&d.TrainDigest, &d.ValDigest, &d.TestDigest} {
		if *p != nil {
			c := (*p).Copied()
			*p = &c
		}
	}
	return d
}

// differs says what is other than the first rank's; "" for nothing.
func (i identity) differs(first identity) string {
	switch {
	case i.Program != first.Program || i.Version != first.Version:
		return fmt.Sprintf("another program (%s, digest %.12s; %s, %.12s)", i.Version, i.Program, first.Version, first.Program)
	case i.Resume != first.Resume:
		return "another --resume"
	}
	if i.Settings != first.Settings {
		if err := sameSettings(first.Settings, i.Settings); err != nil {
			return fmt.Sprintf("other settings (%v)", err)
		}
	}
	if changed := i.Data.changes(first.Data); len(changed) > 0 {
		return fmt.Sprintf("other data (%s)", strings.Join(changed, ", "))
	}
	return ""
}
