package dist

import (
	"encoding/binary"
	"fmt"
)

// Broadcast implements [Group]. Root sends each rank one part, and all ranks share theirs, so that root's
// network carries the buffer twice and not once for every rank.
func (g *group) Broadcast(buf []byte, root int) error {
	return g.start("broadcast", func() error {
		if err := checkRoot(root, g.t.Size()); err != nil {
			return err
		}
		for len(buf) > 0 {
			n := min(len(buf), chunk)
			if err := g.broadcast(buf[:n], root); err != nil {
				return err
			}
			buf = buf[n:]
		}
		return nil
	}).Wait()
}

func (g *group) broadcast(buf []byte, root int) error {
	n, me := g.t.Size(), g.t.Rank()
	whole := Parts{buf, evenly(len(buf), 1, n)}
	send, recv := Parts{Bounds: make([]int, n+1)}, Parts{whole.Part(me), only(root, len(whole.Part(me)), n)}
	if me == root {
		// A copy, since root receives its own part in the same memory.
		send = Parts{g.memory(len(buf)), whole.Bounds}
		copy(send.Bytes, buf)
	}
	if err := g.exchange(send, recv); err != nil {
		return err
	}
	return g.share(whole)
}

// AllGather implements [Group].
func (g *group) AllGather(mine []byte) (all [][]byte, err error) {
	err = g.start("gather for all", func() error {
		all, err = g.gather(mine, func(out, in Parts) error {
			copy(in.Part(g.t.Rank()), out.Bytes)
			return g.share(in)
		}, true)
		return err
	}).Wait()
	return all, err
}

// Gather implements [Group].
func (g *group) Gather(mine []byte, root int) (all [][]byte, err error) {
	err = g.start("gather", func() error {
		n, me := g.t.Size(), g.t.Rank()
		if err := checkRoot(root, n); err != nil {
			return err
		}
		all, err = g.gather(mine, func(out, in Parts) error {
			return g.exchange(Parts{out.Bytes, only(root, len(out.Bytes), n)}, in)
		}, me == root)
		return err
	}).Wait()
	return all, err
}

// gather collects a byte slice of each rank in rounds of at most chunk bytes altogether, which move does: out is
// what this rank sends, in is where what it receives goes. A rank that does not keep gets nothing in
// a Gather; in an AllGather all keep.
func (g *group) gather(mine []byte, move func(out, in Parts) error, keep bool) ([][]byte, error) {
	n, me := g.t.Size(), g.t.Rank()
	lengths, err := g.lengths(len(mine))
	if err != nil {
		return nil, err
	}
	longest := 0
	all := make([][]byte, n)
	for i, l := range lengths {
		longest = max(longest, l)
		if keep {
			all[i] = make([]byte, 0, l)
		}
	}
	piece := max(chunk/n, 1)
	for lo := 0; lo < longest; lo += piece {
		bounds := make([]int, n+1)
		for i, l := range lengths {
			bounds[i+1] = bounds[i]
			if keep {
				bounds[i+1] += min(max(l-lo, 0), piece)
			}
		}
		in := Parts{g.memory(bounds[n]), bounds}
		from := min(lo, len(mine))
		out := mine[from:min(from+piece, len(mine))]
		if err := move(Parts{Bytes: out, Bounds: only(me, len(out), n)}, in); err != nil {
			return nil, err
		}
		for i := range all {
			all[i] = append(all[i], in.Part(i)...)
		}
	}
	if !keep {
		return nil, nil
	}
	return all, nil
}

// lengths tells all ranks the length of each one's part.
func (g *group) lengths(mine int) ([]int, error) {
	n := g.t.Size()
	told := Parts{g.memory(8 * n), repeated(8, n)}
	binary.LittleEndian.PutUint64(told.Part(g.t.Rank()), uint64(mine))
	if err := g.share(told); err != nil {
		return nil, err
	}
	lengths := make([]int, n)
	for i := range lengths {
		lengths[i] = int(binary.LittleEndian.Uint64(told.Part(i)))
	}
	return lengths, nil
}

// Barrier implements [Group].
func (g *group) Barrier() error {
	return g.start("barrier", func() error {
		n := g.t.Size()
		return g.share(Parts{g.memory(n), repeated(1, n)})
	}).Wait()
}

// only are bounds of n parts that are empty but for one.
func only(rank, length, n int) []int {
	bounds := make([]int, n+1)
	for i := rank; i < n; i++ {
		bounds[i+1] = length
	}
	return bounds
}

func checkRoot(root, n int) error {
	if root < 0 || root >= n {
		return fmt.Errorf("root is rank %d, and there are %d", root, n)
	}
	return nil
}
