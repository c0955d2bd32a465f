package simd

// tuning is how the drivers cut work up for the caches of the processors that an instruction set is for. The
// numbers decide in which order sums are added, so another tuning rounds differently.
type tuning struct {
	// blockBytes is about how much of x a job of a convolution walks over per panel: with a panel of weights
	// it should stay in the second level cache.
	blockBytes int
	// rangeBytes is about how many weights such a job uses: as consecutive jobs use the same ones for other
	// pixels, they should stay in the third level cache, whatever else wants room there.
	rangeBytes int
	// aheadBytes is the largest panel that is fetched while the one before it is in use: both should stay in
	// the second level cache.
	aheadBytes int

	bandFloats       int // about how many elements a band of a gradient by the weights packs
	rangeFloats      int // about how many elements of dw a job of it adds to
	rangeChunkFloats int // about how many elements of x a job of it walks over per chunk

	// winoFloats is about how many transformed elements of a convolution are alive at a time: they stay in
	// the second level cache. winoGradFloats is that of a gradient by the weights.
	winoFloats, winoGradFloats int
	// winoManyWeights is the number of transformed weights that do not stay in the third level cache.
	winoManyWeights int
}

// cloudCores is the tuning for cores with at least 1 MB of second level cache, or 512 kB with a large third
// level one: those that cloud machines have.
func cloudCores() tuning {
	return tuning{
		blockBytes: 128 << 10, rangeBytes: 1 << 20, aheadBytes: 256 << 10,
		bandFloats: 1 << 19, rangeFloats: 24 << 10, rangeChunkFloats: 18 << 10,
		winoFloats: 1 << 18, winoGradFloats: 1 << 19, winoManyWeights: 4 << 20,
	}
}
