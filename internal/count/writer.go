package count

import "io"

// Writer passes on what is written to it and counts the bytes.
type Writer struct {
	W io.Writer // where they go
	N int64     // how many W took
}

// Write passes p on.
func (c *Writer) Write(p []byte) (int, error) {
	n, err := c.W.Write(p)
	c.N += int64(n)
	return n, err
}
