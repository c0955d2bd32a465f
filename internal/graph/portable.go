package graph

import (
	"fmt"

	"csl/internal/kernel"
)

// portableKernel plans d for the reference path.
func portableKernel[T kernel.Float](d kernel.Desc) (kernel.Kernel[T], error) {
	if c, ok := d.(kernel.Custom); ok {
		var z T
		switch any(z).(type) {
		case float32:
			return c.Kernel32().(kernel.Kernel[T]), nil
		default:
			return c.Kernel64().(kernel.Kernel[T]), nil
		}
	}
	return nil, fmt.Errorf("no portable kernel for %T", d)
}
