//go:build !unix

package safefile

// mayWrite cannot tell without writing here.
func mayWrite(string) error { return nil }
