package pickle

import "fmt"

// Dict is a dict or OrderedDict: pairs in the order in which keys came first.
// Keys are None, bool, int64, float64 or string; Python's True == 1 == 1.0
// does not hold here.
type Dict struct {
	pairs []Pair
	at    map[any]int // by identity; nil as long as there are few pairs
}

// fewPairs is the size up to which looking at all pairs is as good as a map,
// which would make many small dicts large.
const fewPairs = 8

// Pair is an entry of a Dict.
type Pair struct {
	Key, Value any // as the package's other values
}

// Set adds or replaces an entry. A key that cannot be looked up plainly (a
// tuple, a tensor) is kept too, under its own identity or text.
func (d *Dict) Set(key, value any) {
	id := identity(key)
	if i, ok := d.find(id); ok {
		d.pairs[i].Value = value
		return
	}
	d.pairs = append(d.pairs, Pair{key, value})
	switch {
	case d.at != nil:
		d.at[id] = len(d.pairs) - 1
	case len(d.pairs) > fewPairs:
		d.at = make(map[any]int, 2*fewPairs)
		for i, p := range d.pairs {
			d.at[identity(p.Key)] = i
		}
	}
}

func (d *Dict) find(id any) (int, bool) {
	if d.at != nil {
		i, ok := d.at[id]
		return i, ok
	}
	for i, p := range d.pairs {
		if identity(p.Key) == id {
			return i, true
		}
	}
	return 0, false
}

// Get finds an entry.
func (d *Dict) Get(key any) (any, bool) {
	i, ok := d.find(identity(key))
	if !ok {
		return nil, false
	}
	return d.pairs[i].Value, true
}

// Pairs lists the entries in order; the slice must not be changed.
func (d *Dict) Pairs() []Pair { return d.pairs }

// Len is the number of entries.
func (d *Dict) Len() int { return len(d.pairs) }

// odd is the identity of a key that Go could not compare.
type odd string

// identity makes a key comparable. Only the addresses of composite keys are
// used, never their contents: those may be deep or cyclic.
func identity(key any) any {
	switch k := key.(type) {
	case nil, bool, int64, float64, string:
		return k
	case Bytes:
		return odd(fmt.Sprintf("bytes %p %d", k, len(k)))
	case Tuple:
		return odd(fmt.Sprintf("tuple %p %d", k, len(k)))
	}
	return odd(fmt.Sprintf("%T %p", key, key))
}
