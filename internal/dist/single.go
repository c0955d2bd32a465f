package dist

import (
	"errors"
	"slices"
)

// Single is the group of a process that works alone: every call is done at once and changes nothing.
func Single() Group { return single{} }

type single struct{}

func (single) Rank() int                         { return 0 }
func (single) Size() int                         { return 1 }
func (single) SumFloat32([]float32) error        { return nil }
func (single) SumFloat64([]float64) error        { return nil }
func (single) SumInt64([]int64) error            { return nil }
func (single) MaxInt64([]int64) error            { return nil }
func (single) StartSumFloat32([]float32) Request { return done{} }
func (single) StartSumFloat64([]float64) Request { return done{} }
func (single) Barrier() error                    { return nil }
func (s single) As(string) Group                 { return s }
func (single) Traffic() Traffic                  { return Traffic{} }
func (single) Kinds() []Kind                     { return nil }
func (single) Abort(int, string)                 {}
func (single) Forsake(int, string)               {}
func (single) Close() error                      { return nil }

func (single) Broadcast(_ []byte, root int) error { return checkRoot(root, 1) }

func (single) AllGather(mine []byte) ([][]byte, error) { return [][]byte{slices.Clone(mine)}, nil }

func (single) Gather(mine []byte, root int) ([][]byte, error) {
	if err := checkRoot(root, 1); err != nil {
		return nil, err
	}
	return [][]byte{slices.Clone(mine)}, nil
}

// done is a request that was over when it began.
type done struct{ err error }

func (d done) Wait() error { return d.err }

// errClosed answers calls after Close.
var errClosed = errors.New("the group of ranks is closed")
