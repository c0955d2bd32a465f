package kernel

import (
	"errors"
	"fmt"
)

// Check refuses shapes that no kernel can compute. Sizes are at least 1.
func Check(d Desc) error {
	for i, n := range append(d.Inputs(), d.Output()) {
		if n <= 0 {
			return fmt.Errorf("%T %+v: operand %d has length %d", d, d, i, n)
		}
	}
	switch d := d.(type) {
	case Conv:
		return errors.Join(checkConv(d, d.ConvShape), checkSlope(d, d.Slope))
	case ABN:
		return checkSlope(d, d.Slope)
	case ABNEval:
		return checkSlope(d, d.Slope)
	case ConvStats:
		return checkConv(d, d.ConvShape)
	case ConvDataGrad:
		return checkConv(d, d.ConvShape)
	case ConvWeightGrad:
		return checkConv(d, d.ConvShape)
	case SpaceToDepth:
		return checkQuarter(d, d.MapShape)
	case SpaceToDepthGrad:
		return checkQuarter(d, d.MapShape)
	case BlurPool:
		return checkReflect(d, d.MapShape)
	case BlurPoolGrad:
		return checkReflect(d, d.MapShape)
	case ABNReduce:
		return checkFromY(d, d.ABNShape, d.FromY)
	case ABNInputGrad:
		return checkFromY(d, d.ABNShape, d.FromY)
	case Activate:
		return checkActivation(d, d.Kind)
	case ActivateGrad:
		return checkActivation(d, d.Kind)
	}
	return nil
}

func checkConv(d Desc, s ConvShape) error {
	if s.K%2 == 0 {
		return fmt.Errorf("%T %+v: kernel size %d is even", d, d, s.K)
	}
	return nil
}

func checkQuarter(d Desc, s MapShape) error {
	if s.H%4 != 0 || s.W%4 != 0 {
		return fmt.Errorf("%T %+v: sides %dx%d are no multiples of 4", d, d, s.H, s.W)
	}
	return nil
}

func checkReflect(d Desc, s MapShape) error {
	if s.H < 2 || s.W < 2 {
		return fmt.Errorf("%T %+v: sides %dx%d below 2 cannot be padded by reflection", d, d, s.H, s.W)
	}
	return nil
}

func checkFromY(d Desc, s ABNShape, fromY bool) error {
	if fromY && s.Slope == 0 {
		return fmt.Errorf("%T %+v: slope 0 cannot be undone", d, d)
	}
	return checkSlope(d, s.Slope)
}

func checkSlope(d Desc, slope float64) error {
	if !(slope >= 0 && slope <= 1) {
		return fmt.Errorf("%T %+v: slope %g is not between 0 and 1", d, d, slope)
	}
	return nil
}

func checkActivation(d Desc, a Activation) error {
	if a != ReLU && a != Sigmoid {
		return fmt.Errorf("%T %+v: unknown activation %d", d, d, a)
	}
	return nil
}
