package dist

import (
	"errors"
	"time"
)

// beat is how often ranks that wait in Together say that they are there.
const beat = time.Second

// Together does work on every rank and returns when it is done on all. Ranks that are done wait with short calls, so that
// none of them counts as lost, however long another one works. work must not use the group.
func Together(g Group, work func() error) error {
	if g.Size() == 1 {
		return work()
	}
	result := make(chan error, 1)
	go func() { result <- work() }()
	var err error
	for busy := true; ; {
		if busy {
			select {
			case err = <-result:
				busy = false
			case <-time.After(beat):
			}
		}
		any, failed := Any(g, busy)
		if failed != nil || !any {
			return errors.Join(err, failed)
		}
	}
}
