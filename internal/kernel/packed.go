package kernel

// PackedRevision is the generation of the packed layouts. Weights are stored packed between runs, so it rises with
// every change of what an algorithm's name in PackedLayout stands for.
const PackedRevision = 1

// PackedLayout says in which layout a kernel wants weights that are constant. Kernels of equal layouts compute with
// the same packed weights, whatever the rest of their shapes.
type PackedLayout struct {
	Algorithm       string // the implementation and its algorithm, such as "avx2 winograd"
	Taps, Cin, Cols int    // the matrix: taps, rows per tap, columns
	Len             int    // in elements
}

// Prepacker is a kernel that may have constant weights. Where PackedLayout says so, Run takes the packed weights in the
// place of w: who runs the kernel packs them before, once, and may then drop w.
type Prepacker[T Float] interface {
	Kernel[T]
	// PackedLayout is what the kernel packs constant weights to; ok is false if its weights are not constant.
	PackedLayout() (l PackedLayout, ok bool)
	// PackWork is the scratch length, in elements, that Pack needs with that many workers.
	PackWork(workers int) int
	// Pack writes w in that layout to dst, which has PackedLayout's length.
	Pack(c *Ctx[T], dst, w []T)
}

// PackedLayoutOf is the layout of k's constant weights; ok is false if k has none.
func PackedLayoutOf[T Float](k Kernel[T]) (l PackedLayout, ok bool) {
	if p, is := k.(Prepacker[T]); is {
		return p.PackedLayout()
	}
	return PackedLayout{}, false
}

// WithPacked returns the operands in of k with constant weights packed, in new memory; without constant weights
// it is in itself.
func WithPacked[T Float](p *Pool, k Kernel[T], in [][]T) [][]T {
	layout, ok := PackedLayoutOf(k)
	if !ok {
		return in
	}
	packer, packed := k.(Prepacker[T]), make([]T, layout.Len)
	packer.Pack(&Ctx[T]{Pool: p, Work: make([]T, packer.PackWork(p.Workers()))}, packed, in[1])
	return append([][]T{in[0], packed}, in[2:]...)
}
