// Package memory knows how much memory this process may still use, so that work that cannot fit is refused
// before it begins: a Go program that runs out of memory ends at once, and nothing can be saved or said. It
// limits nothing and frees nothing. It also asks for large pages.
package memory

import "fmt"

// Limit is memory in bytes that may still be used, and what sets that bound, for people.
type Limit struct {
	Bytes int64  // the limit
	By    string // what sets it
}

// TooLittle says what needed more memory than there is.
type TooLittle struct {
	What  string // what needs the memory
	Bytes int64  // needed
	Limit Limit  // what there is
}

// Error says what was needed, what is there, and what sets the limit.
func (e *TooLittle) Error() string {
	return fmt.Sprintf("not enough memory: %s %s; %s available (%s)", e.What, size(e.Bytes), size(e.Limit.Bytes), e.Limit.By)
}

// Need is a [*TooLittle] if that many more bytes cannot be had; what completes "not enough memory: ... 3.2 GB"
// and ends in a verb such as "needs". Where the machine does not tell, all fits.
func Need(what string, bytes int64) error {
	limit, known := Available()
	if !known || bytes >= 0 && bytes <= limit.Bytes {
		return nil
	}
	return &TooLittle{What: what, Bytes: bytes, Limit: limit}
}

// Product multiplies sizes that are not negative; what does not fit is the largest number there is.
func Product(sizes ...int64) int64 {
	const most = 1<<63 - 1
	p := int64(1)
	for _, s := range sizes {
		if s != 0 && p > most/s {
			return most
		}
		p *= s
	}
	return p
}

func size(bytes int64) string {
	switch {
	case bytes < 0 || bytes >= 1e15:
		return "more than 1000 TB"
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	}
	return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
}
