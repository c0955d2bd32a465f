package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"csl/internal/dist"
)

// ranks is what the ranks of a run have of each other: the group, and the sizes of the batch of which this rank has
// a part. Nets and losses reach the others through it: it is a [graph.Sharer] and a [loss.Whole].
type ranks struct {
	group     dist.Group
	here, all int   // images of the batch that is being learnt from; all is 0 while nothing is shared
	err       error // the first one of exchanges that cannot return it
}

// What ranks tell each other in a step.
const (
	forGradients = "gradients"
	forLoss      = "loss and statistics"
	forNorms     = "batch norms (sync_bn)"
	forCells     = "cells of the loss"
	forPrior     = "running prior"
	forStops     = "stops"
)

func newRanks(g dist.Group) *ranks {
	if g == nil {
		g = dist.Single()
	}
	return &ranks{group: g}
}

// alone tells whether there is one rank only; then all methods do nothing.
func (r *ranks) alone() bool { return r.group.Size() == 1 }

// first tells whether this is the rank that writes.
func (r *ranks) first() bool { return r.group.Rank() == 0 }

// begin starts a batch of all images, of which here are here.
func (r *ranks) begin(here, all int) {
	if !r.alone() {
		r.here, r.all = here, all
	}
}

// pause has nets and losses compute with what is here only, until the next begin.
func (r *ranks) pause() { r.here, r.all = 0, 0 }

// Images implements loss.Whole.
func (r *ranks) Images() (here, all int) { return r.here, r.all }

// Part implements loss.Whole.
func (r *ranks) Part() (number, parts int) { return r.group.Rank(), r.group.Size() }

// Share implements graph.Sharer.
func (r *ranks) Share() (share float64, shared bool) {
	if r.all == 0 {
		return 0, false
	}
	return float64(r.here) / float64(r.all), true
}

// Sum implements graph.Sharer.
func (r *ranks) Sum(v []float64) { r.keep(r.group.As(forNorms).SumFloat64(v)) }

// SumFloat64 implements loss.Whole.
func (r *ranks) SumFloat64(v []float64) { r.keep(r.group.As(forCells).SumFloat64(v)) }

// SumInt64 implements loss.Whole.
func (r *ranks) SumInt64(v []int64) { r.keep(r.group.As(forCells).SumInt64(v)) }

func (r *ranks) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

// common is an error that all ranks have at the same point: none waits for another.
type common struct{ error }

// Unwrap returns the error.
func (c common) Unwrap() error { return c.error }

// OnAllRanks tells whether an error of Run is one that all ranks return, so that they can leave their group in order. After
// any other the group was aborted.
func OnAllRanks(err error) bool { return errors.As(err, new(common)) }

// shared makes an error of a result that all ranks have a common one.
func (r *ranks) shared(err error) error {
	if err == nil || r.alone() {
		return err
	}
	return common{err}
}

// told is how a rank tells the others of its error.
type told struct {
	Text     string
	Host     string
	Canceled bool
}

// agree makes an error of any rank one of all, which names the first rank that has it, unless all have the same. All
// ranks call it at the same point.
func (r *ranks) agree(err error) error {
	if r.alone() {
		return err
	}
	var mine told
	if err != nil {
		host, _ := os.Hostname() // a name less in the message
		mine = told{err.Error(), host, errors.Is(err, context.Canceled)}
	}
	all, failed := gatherJSON(r.group, mine)
	if failed != nil {
		return errors.Join(err, failed)
	}
	first, same := -1, true
	for i, t := range all {
		if t.Text != "" && first < 0 {
			first = i
		}
		same = same && t.Text == mine.Text
	}
	switch {
	case first < 0:
		return nil
	case same:
		return common{err}
	case first == r.group.Rank():
		return common{fmt.Errorf("rank %d on %s: %w", first, mine.Host, err)}
	}
	text := fmt.Sprintf("rank %d on %s: %s", first, all[first].Host, all[first].Text)
	if all[first].Canceled {
		return common{fmt.Errorf("%s: %w", text, context.Canceled)}
	}
	return common{errors.New(text)}
}

// patient does work that may take far longer on one rank than on others, and agrees on its error. work uses no other
// rank.
func (r *ranks) patient(work func() error) error { return r.agree(dist.Together(r.group, work)) }

// gatherJSON gives all ranks what each has.
func gatherJSON[T any](g dist.Group, mine T) ([]T, error) {
	text, err := json.Marshal(mine)
	if err != nil {
		return nil, err
	}
	texts, err := g.AllGather(text)
	if err != nil {
		return nil, err
	}
	all := make([]T, len(texts))
	for i := range all {
		if err := json.Unmarshal(texts[i], &all[i]); err != nil {
			return nil, fmt.Errorf("what rank %d sent cannot be read: %w", i, err)
		}
	}
	return all, nil
}

// broadcastJSON gives all ranks what rank 0 has.
func broadcastJSON[T any](r *ranks, v *T) error {
	if r.alone() {
		return nil
	}
	text, err := json.Marshal(*v)
	if err != nil {
		return err
	}
	buf, err := broadcastBytes(r, text)
	if err != nil || r.first() {
		return err
	}
	var got T
	if err := json.Unmarshal(buf, &got); err != nil {
		return fmt.Errorf("what rank 0 sent cannot be read: %w", err)
	}
	*v = got
	return nil
}

// broadcastBytes gives all ranks what rank 0 has.
func broadcastBytes(r *ranks, text []byte) ([]byte, error) {
	length := [1]int64{}
	if r.first() {
		length[0] = int64(len(text))
	}
	if err := r.group.MaxInt64(length[:]); err != nil {
		return nil, err
	}
	buf := make([]byte, length[0])
	copy(buf, text)
	return buf, r.group.Broadcast(buf, 0)
}
