package dist

// Transport moves bytes between ranks. It does no arithmetic. All its methods are called by one goroutine, which
// stays on one thread of the operating system; only Abort, Forsake, Ending and Hurry are called by others.
type Transport interface {
	// Rank is this rank's number.
	Rank() int
	// Size is the number of ranks.
	Size() int
	// Exchange sends send[i] to rank i and fills recv[i] with what rank i sends here, of all other ranks: this rank's own
	// parts stay as they are. send and recv have Size() parts; parts may be empty, but both sides of a pair know
	// the same length.
	Exchange(send, recv Parts) error
	// Share fills all parts of buf with those of the ranks that own them: part i is rank i's. This rank's
	// own part is there already.
	Share(buf Parts) error
	// Hurry says whether somebody waits for the call under way, so that looking for its end is worth a processor.
	Hurry(waiting bool)
	// Abort ends all ranks with an exit code, after the cause has been written to standard error.
	Abort(code int, cause string)
	// Forsake is Abort where other ranks cannot be reached: see Group.
	Forsake(code int, cause string)
	// Ending is closed when Abort wants End to be called; calls that are under way then do so themselves. It may be nil.
	Ending() <-chan struct{}
	// End is Abort's part that the goroutine of calls does.
	End()
	// Close is the last call, of all ranks.
	Close() error
}

// Parts is one buffer in consecutive parts, one for each rank: part i is Bytes[Bounds[i]:Bounds[i+1]].
type Parts struct {
	Bytes  []byte // the whole
	Bounds []int  // Size()+1 offsets, not decreasing; the last is at most len(Bytes)
}

// Part is the part of a rank.
func (p Parts) Part(rank int) []byte { return p.Bytes[p.Bounds[rank]:p.Bounds[rank+1]] }

// evenly cuts n elements of size bytes into parts that differ by one element at most, the larger ones first.
func evenly(n, size, parts int) []int {
	bounds := make([]int, parts+1)
	for i := range parts {
		bounds[i+1] = bounds[i] + size*(n/parts)
		if i < n%parts {
			bounds[i+1] += size
		}
	}
	return bounds
}

// repeated are bounds of equal parts of size bytes.
func repeated(size, parts int) []int {
	bounds := make([]int, parts+1)
	for i := range parts {
		bounds[i+1] = bounds[i] + size
	}
	return bounds
}
