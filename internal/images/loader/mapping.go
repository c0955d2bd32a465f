package loader

// mapping is read access to a file.
type mapping interface {
	// read fills dst from the offset given; it may be called from several goroutines.
	read(dst []byte, offset int64) error
	close() error
}
