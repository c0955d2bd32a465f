package infer

import "csl/internal/predict"

// Shard is a part of the images that an independent process classifies: its results, behind those of the shards before
// it, are what one process prints. Shards are cut between batches, so that each image is computed as by one process,
// to the bit. The zero value is all images.
type Shard struct {
	Number int // from 0
	Of     int // shards; 0 or 1 for all in one
}

// Range is the shard of n images in batches of at most the given size: from one and up to, but without, another. It may
// be empty.
func (s Shard) Range(n, batch int) (from, to int) {
	if s.Of < 2 || n == 0 {
		return 0, n
	}
	size := predict.EvenBatch(n, batch)
	batches := (n + size - 1) / size
	return min(n, s.Number*batches/s.Of*size), min(n, (s.Number+1)*batches/s.Of*size)
}

// First tells whether it is the one with which results begin.
func (s Shard) First() bool { return s.Number == 0 }
