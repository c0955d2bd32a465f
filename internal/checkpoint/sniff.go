package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"csl/internal/lfs"
)

// sniffBytes is how much of a file is looked at to tell what it is.
const sniffBytes = 1024

// signatures are beginnings of files that people take for a checkpoint by
// mistake, with what to say of them.
var signatures = []struct{ begin, is string }{
	{"\x89HDF\r\n", "it is an HDF5 (Keras) file; csl reads PyTorch and safetensors files"},
	{"GGUF", "it is a GGUF file; csl reads PyTorch and safetensors files"},
	{"\x93NUMPY", "it is a NumPy array; csl reads PyTorch and safetensors files"},
	{"\x1f\x8b", "it is compressed with gzip: unpack it first"},
	{"BZh", "it is compressed with bzip2: unpack it first"},
	{"\xfd7zXZ", "it is compressed with xz: unpack it first"},
	{"\x28\xb5\x2f\xfd", "it is compressed with zstd: unpack it first"},
	{"7z\xbc\xaf", "it is a 7z archive: unpack it first"},
	{"Rar!", "it is a RAR archive: unpack it first"},
	{"%PDF", "it is a PDF document, not a checkpoint"},
	{"\x89PNG", "it is a PNG image, not a checkpoint"},
	{"\xff\xd8\xff", "it is a JPEG image, not a checkpoint"},
}

// sniff tells the format of r by its content.
func sniff(r io.ReaderAt, size int64) (Format, error) {
	if size == 0 {
		return "", errors.New("the file is empty")
	}
	head := make([]byte, min(size, sniffBytes))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if lfs.IsPointer(head) {
		return "", lfs.ErrPointer
	}
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.begin)) {
			return "", errors.New(s.is)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return TorchZip, nil
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) > 0:
		return Safetensors, nil
	case bytes.HasPrefix(head, []byte{0x80}) && len(head) > 1 && head[1] <= 5:
		return TorchLegacy, nil
	case isTar(r):
		return "", errors.New("it is a tar archive (unpack it; PyTorch's own tar format of before 0.2 is not supported)")
	}
	return "", fmt.Errorf("%w: %s", errUnknownFormat, describe(head))
}

var errUnknownFormat = errors.New("it is neither a safetensors nor a PyTorch file")

// isTar looks for the tar magic, that has its place behind the first entry's head.
func isTar(r io.ReaderAt) bool {
	magic := make([]byte, 5)
	n, _ := r.ReadAt(magic, 257)
	return n == 5 && string(magic) == "ustar"
}

// describe says what the beginning of an unknown file looks like.
func describe(head []byte) string {
	text := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(string(head), "\ufeff")))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<?xml", "<error"} {
		if strings.HasPrefix(text, tag) {
			return "it is a web page (a failed download?)"
		}
	}
	if len(bytes.Trim(head, "\x00")) == 0 {
		return "it begins with zeros only (an unfinished download?)"
	}
	printable := len(text) > 0
	for _, c := range strings.ToValidUTF8(text[:max(0, len(text)-utf8.UTFMax)], "\x00") {
		printable = printable && (c >= ' ' || c == '\n' || c == '\r' || c == '\t')
	}
	if printable {
		line, _, _ := strings.Cut(strings.TrimSpace(string(head)), "\n")
		return fmt.Sprintf("it is text beginning %.60q", line)
	}
	return fmt.Sprintf("it begins with the bytes % x", head[:min(len(head), 8)])
}
