//go:build !amd64

package transform

func best() kernels { return portable() }
