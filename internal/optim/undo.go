package optim

// undo is what the current step overwrote.
type undo struct {
	old     [][][]float32 // by parameter: its vectors before the step
	touched []int         // parameters that the step has updated
}

// vectors are all that a step changes of a parameter.
func (p *param) vectors() [][]float32 {
	all := [][]float32{p.Data, p.m, p.v}
	if p.ema != nil {
		all = append(all, p.ema)
	}
	return all
}

// OldBytes is what KeepOld would take, in bytes.
func (o *Optimizer) OldBytes() int64 {
	var n int64
	for i := range o.params {
		for _, v := range o.params[i].vectors() {
			n += 4 * int64(len(v))
		}
	}
	return n
}

// KeepOld has steps of Begin and Apply keep what they overwrite, so that [Optimizer.Undo] can take one back.
// It costs as much memory as parameters and their state, and is off at first.
func (o *Optimizer) KeepOld(keep bool) {
	o.undo = nil
	if !keep {
		return
	}
	o.undo = &undo{}
	for i := range o.params {
		var old [][]float32
		for _, v := range o.params[i].vectors() {
			old = append(old, make([]float32, len(v)))
		}
		o.undo.old = append(o.undo.old, old)
	}
}

// remember keeps parameter number i as it is.
func (o *Optimizer) remember(i int) {
	if o.undo == nil {
		return
	}
	for k, v := range o.params[i].vectors() {
		copy(o.undo.old[i][k], v)
	}
	o.undo.touched = append(o.undo.touched, i)
}

// Settle makes the last step final: Undo does not take it back any more.
func (o *Optimizer) Settle() { o.begun = false }

// Undo takes the last step back, finished or not, if it was kept and is not settled; else nothing changes and
// it reports false.
func (o *Optimizer) Undo() bool {
	if o.undo == nil || !o.begun {
		return false
	}
	for _, i := range o.undo.touched {
		for k, v := range o.params[i].vectors() {
			copy(v, o.undo.old[i][k])
		}
	}
	o.steps--
	o.begun, o.undo.touched = false, o.undo.touched[:0]
	return true
}
