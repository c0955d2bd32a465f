package labels

import (
	"bytes"
	"errors"
	"hash/maphash"
	"math"
)

// names numbers strings from 0 in the order in which they come. The text lies
// in one piece and the index is an open hash table of numbers, so that nine
// million image names cost little more than their letters.
type names struct {
	text  []byte
	ends  []uint32 // name i: text[ends[i-1]:ends[i]]
	slots []uint32 // number+1 of a name, 0 for none; a power of two of them
	seed  maphash.Seed
}

// errNames says that the names do not fit the 32-bit offsets.
var errNames = errors.New("more than 4 GiB of names")

func (n *names) len() int { return len(n.ends) }

func (n *names) bytes(i int) []byte {
	var from uint32
	if i > 0 {
		from = n.ends[i-1]
	}
	return n.text[from:n.ends[i]]
}

func (n *names) at(i int) string { return string(n.bytes(i)) }

// find is the number of a name.
func (n *names) find(name string) (int, bool) {
	if len(n.slots) == 0 {
		return 0, false
	}
	i, ok := n.probe([]byte(name))
	return int(n.slots[i]) - 1, ok
}

// intern is the number of a name, which is added if it is new.
func (n *names) intern(name string) (number int, isNew bool, err error) {
	return n.internBytes([]byte(name))
}

// internBytes is intern of bytes, which are copied.
func (n *names) internBytes(name []byte) (number int, isNew bool, err error) {
	if 4*(len(n.ends)+1) > 3*len(n.slots) {
		n.grow()
	}
	slot, ok := n.probe(name)
	if ok {
		return int(n.slots[slot]) - 1, false, nil
	}
	if len(n.text)+len(name) > math.MaxUint32 {
		return 0, false, errNames
	}
	n.text = append(n.text, name...)
	n.ends = append(n.ends, uint32(len(n.text)))
	n.slots[slot] = uint32(len(n.ends))
	return len(n.ends) - 1, true, nil
}

// probe is the slot that holds name, or the free one where it belongs.
func (n *names) probe(name []byte) (slot int, found bool) {
	mask := uint64(len(n.slots) - 1)
	for h := maphash.Bytes(n.seed, name) & mask; ; h = (h + 1) & mask {
		v := n.slots[h]
		if v == 0 {
			return int(h), false
		}
		if bytes.Equal(n.bytes(int(v)-1), name) {
			return int(h), true
		}
	}
}

// grow doubles the table.
func (n *names) grow() {
	if len(n.slots) == 0 {
		n.seed = maphash.MakeSeed()
	}
	n.slots = make([]uint32, max(16, 2*len(n.slots)))
	mask := uint64(len(n.slots) - 1)
	for i := range n.ends {
		h := maphash.Bytes(n.seed, n.bytes(i)) & mask
		for n.slots[h] != 0 {
			h = (h + 1) & mask
		}
		n.slots[h] = uint32(i) + 1
	}
}
