package dist

// Any reports whether any rank has said yes; it is called by all ranks. So that all stop after the same step when
// one of them got a signal.
func Any(g Group, yes bool) (bool, error) {
	if g.Size() == 1 {
		return yes, nil
	}
	flag := []int64{0}
	if yes {
		flag[0] = 1
	}
	err := g.MaxInt64(flag)
	return flag[0] != 0, err
}
