//go:build !amd64

package bench

// fmaLoop knows no loop on this architecture.
func fmaLoop(string) (loop func(rounds int), perRound float64) { return nil, 0 }
