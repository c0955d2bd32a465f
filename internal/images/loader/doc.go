// Package loader brings labelled images as batches, loaded ahead by several goroutines, in an order and with random
// changes that depend on the seed only. Decoding and arithmetic on pixels belong in packages codec and transform.
package loader
