package model

import "csl/internal/graph"

// StatsToShare are, after Forward, the sums that processes with a part of a batch each have to add up for UpdateRunningOf:
// of the batch statistics of the images here, which are share of the whole batch. There are none where norms take the
// statistics of the whole batch already. They are valid, and to be replaced by their sums, until the next Forward.
func (n *TrainNet) StatsToShare(share float64) ([]float64, error) {
	if n.opts.Sharer != nil {
		return nil, nil
	}
	all, err := n.batchStats()
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		graph.PoolStats(v, share)
	}
	return n.flat, nil
}

// UpdateRunningOf is UpdateRunning where the net has a part of a batch of that many images: it moves the running
// statistics towards those of the whole batch, which are the same on all processes, once StatsToShare's have been added up.
func (n *TrainNet) UpdateRunningOf(images int) error {
	if n.opts.Sharer != nil {
		if _, err := n.batchStats(); err != nil {
			return err
		}
	} else {
		for _, v := range n.batch {
			graph.UnpoolStats(v)
		}
	}
	for i := range n.b.stats {
		s, v := &n.b.stats[i], n.batch[i]
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
