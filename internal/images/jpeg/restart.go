package jpeg

import "fmt"

// restarts follows the restart markers of a scan, as libjpeg does where they are not those expected
// (jdmarker.c, read_restart_marker and jpeg_resync_to_restart).
type restarts struct {
	data     *entropy
	interval int // MCUs between markers; 0 without
	left     int // MCUs up to the next marker
	at       int // the current chunk
	expected byte
	lost     bool // the expected marker is missing: nothing is decoded up to the next one,
	zeros    bool // but for one MCU of zero bits, which libjpeg reads before it notices
	bits     bits
}

// begin starts at the first chunk.
func (r *restarts) begin(s *scanHeader) {
	r.left = r.interval
	r.open(0, s)
}

// open goes to chunk i.
func (r *restarts) open(i int, s *scanHeader) {
	r.at, r.lost, r.zeros = i, false, false
	c := r.data.chunks[i]
	r.bits = bits{buf: r.data.buf, pos: c.start, end: c.end}
	for _, q := range s.planes {
		q.pred = 0
	}
}

// reader is the current chunk's, nil where nothing is to be decoded.
func (r *restarts) reader() *bits {
	switch {
	case r.zeros:
		r.zeros = false
		n := len(r.data.buf)
		r.bits = bits{buf: r.data.buf, pos: n - slack, end: n}
		return &r.bits
	case r.lost:
		return nil
	}
	return &r.bits
}

// next goes over the marker that has to be here.
func (r *restarts) next(s *scanHeader) error {
	want := r.expected
	r.expected, r.left = (want+1)&7, r.interval
	for {
		m := r.data.chunks[r.at].marker
		switch ahead := (m - mRST0 - want) & 7; {
		case m == 0:
			return fmt.Errorf("%w: the file ends where restart marker %d has to be", errCutShort, want)
		case m < mRST0 || m > mRST7, ahead == 1, ahead == 2:
			// Another marker, or one of the next two: the one expected is lost.
			r.lost, r.zeros = true, !r.lost
			for _, q := range s.planes {
				q.pred = 0
			}
			return nil
		case ahead == 6, ahead == 7: // one of the last two: go on to the next
			r.at++
		default:
			r.open(r.at+1, s)
			return nil
		}
	}
}

// over is called when an MCU took more bits than the chunk has.
func (r *restarts) over() error {
	return fmt.Errorf("%w before marker %#x", errCutShort, r.data.chunks[r.at].marker)
}
