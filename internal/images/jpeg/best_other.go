//go:build !amd64

package jpeg

func best() *kernels { return portable() }
