package model

import "csl/internal/graph"

// UpdateRunningOf is UpdateRunning where the net has a part of a batch of that many images: it moves the running
// statistics towards those of the whole batch, which are the same on all processes. by, which must be that of
// Options.Sharer if the net has one, says which share of the batch is here.
func (n *TrainNet) UpdateRunningOf(images int, by graph.Sharer) error {
	share, shared := by.Share()
	if !shared {
		return n.UpdateRunning()
	}
	all, err := n.batchStats()
	if err != nil {
		return err
	}
	if n.opts.Sharer == nil {
		for _, v := range all {
			graph.PoolStats(v, share)
		}
		by.Sum(n.flat)
		for _, v := range all {
			graph.UnpoolStats(v)
		}
	}
	for i := range n.b.stats {
		s, v := &n.b.stats[i], all[i]
		c := len(s.mean)
		s.update(s.rows/n.opts.Batch*images, func(i int) (mean, variance float64) { return v[i], v[c+i] })
	}
	return nil
}

// batchStats reads the batch statistics of all norms, [2,C] each, into one piece of memory, flat.
func (n *TrainNet) batchStats() ([][]float64, error) {
	if n.flat == nil {
		size := 0
		for _, s := range n.b.stats {
			size += 2 * len(s.mean)
		}
		n.flat = make([]float64, size)
		for at := n.flat; len(n.batch) < len(n.b.stats); {
			c := 2 * len(n.b.stats[len(n.batch)].mean)
			n.batch, at = append(n.batch, at[:c:c]), at[c:]
		}
	}
	for i, s := range n.b.stats {
		stats, err := n.value(s.node)
		if err != nil {
			return nil, err
		}
		for k, v := range stats {
			n.batch[i][k] = float64(v)
		}
	}
	return n.batch, nil
}
