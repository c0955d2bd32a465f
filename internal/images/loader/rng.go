package loader

import "math/rand/v2"

// What random numbers are drawn for; each purpose has its own stream.
const (
	purposeOrder   = 1 // the order of an epoch
	purposeAugment = 2 // the augmentation of one sample
)

// reseed starts a generator's stream for a purpose, an epoch and a sample of a run's seed.
func reseed(g *rand.PCG, seed, purpose uint64, epoch, sample int) {
	a := scramble(seed + purpose)
	g.Seed(a, scramble(scramble(a^uint64(epoch))+uint64(sample)))
}

// scramble is the finaliser of SplitMix64: it spreads seeds that differ in few bits.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
