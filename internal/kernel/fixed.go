package kernel

// Form says in which layout a kernel wants weights that are Fixed. Kernels of equal forms compute with
// the same packed weights, whatever the rest of their shapes.
type Form struct {
	Layout          string // the implementation and its algorithm, such as "avx2 winograd"
	Taps, Cin, Cols int
	Len             int // in elements
}

// Packer is a kernel that may have Fixed weights. Where Form says so, Run takes the packed weights in the
// place of w: who runs the kernel packs them before, once, and may then drop w.
type Packer[T Float] interface {
	Kernel[T]
	// Form is what the kernel packs fixed weights to; ok is false if its weights are not fixed.
	Form() (f Form, ok bool)
	// PackWork is the scratch length, in elements, that Pack needs with so many workers.
	PackWork(workers int) int
	// Pack writes the form of w to dst, which has Form's length.
	Pack(c *Ctx[T], dst, w []T)
}

// FixedForm is the form of k's fixed weights; ok is false if k has none.
func FixedForm[T Float](k Kernel[T]) (f Form, ok bool) {
	if p, is := k.(Packer[T]); is {
		return p.Form()
	}
	return Form{}, false
}

// WithPacked returns the operands in of k with fixed weights packed, in new memory; without fixed weights
// it is in itself.
func WithPacked[T Float](p *Pool, k Kernel[T], in [][]T) [][]T {
	form, ok := FixedForm(k)
	if !ok {
		return in
	}
	packer, packed := k.(Packer[T]), make([]T, form.Len)
	packer.Pack(&Ctx[T]{Pool: p, Work: make([]T, packer.PackWork(p.Workers()))}, packed, in[1])
	return append([][]T{in[0], packed}, in[2:]...)
}
