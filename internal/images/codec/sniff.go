package codec

import (
	"bytes"
	"fmt"

	"csl/internal/images"
	"csl/internal/lfs"
)

// Format names an image format, as Info and messages show it.
type Format string

// The formats that Decode reads.
const (
	JPEG Format = "JPEG"
	PNG  Format = "PNG"
	GIF  Format = "GIF"
	WebP Format = "WebP"
	BMP  Format = "BMP"
	TIFF Format = "TIFF"
)

// readable holds how files of each readable format start.
var readable = []struct {
	format Format
	magic  string
	at     int
	also   string // further magic at offset at, "" none
}{
	{JPEG, "\xff\xd8\xff", 0, ""},
	{PNG, "\x89PNG\r\n\x1a\n", 0, ""},
	{GIF, "GIF87a", 0, ""},
	{GIF, "GIF89a", 0, ""},
	{WebP, "RIFF", 8, "WEBP"},
	{BMP, "BM", 0, ""},
	{TIFF, "II*\x00", 0, ""},
	{TIFF, "MM\x00*", 0, ""},
}

// unreadable holds starts of files that people do have where images were expected.
var unreadable = []struct{ magic, what string }{
	{"\x00\x00\x00\x0cjP  ", "JPEG 2000"},
	{"\xff\x4f\xff\x51", "JPEG 2000"},
	{"\xff\x0a", "JPEG XL"},
	{"\x00\x00\x00\x0cJXL ", "JPEG XL"},
	{"8BPS", "Photoshop"},
	{"%PDF", "PDF"},
	{"\x00\x00\x01\x00", "ICO"},
	{"II+\x00", "BigTIFF"},
	{"MM\x00+", "BigTIFF"},
	{"\x1f\x8b", "gzip"},
	{"PK\x03\x04", "zip"},
}

// Sniff tells the format from the first bytes of a file; the file's name plays no part.
func Sniff(data []byte) (Format, error) {
	for _, f := range readable {
		if bytes.HasPrefix(data, []byte(f.magic)) && (f.also == "" || hasAt(data, f.at, f.also)) {
			return f.format, nil
		}
	}
	return "", images.Unsupported("%s", describe(data))
}

// onlyThese ends the description of formats that are images or could hold one.
const onlyThese = "; csl reads JPEG, PNG, GIF, WebP, BMP and TIFF"

// describe says what unreadable content is.
func describe(data []byte) string {
	if len(data) == 0 {
		return "the file is empty"
	}
	for _, u := range unreadable {
		if bytes.HasPrefix(data, []byte(u.magic)) {
			return "the content is " + u.what + onlyThese
		}
	}
	if what := isoMedia(data); what != "" {
		return "the content is " + what + onlyThese
	}
	if lfs.IsPointer(data) {
		return lfs.ErrPointer.Error()
	}
	text := bytes.ToLower(bytes.TrimLeft(data[:min(len(data), 512)], "\xef\xbb\xbf \t\r\n"))
	switch {
	case bytes.HasPrefix(text, []byte("<svg")), bytes.HasPrefix(text, []byte("<?xml")) && bytes.Contains(text, []byte("<svg")):
		return "the content is SVG" + onlyThese
	case bytes.HasPrefix(text, []byte("<!doctype")), bytes.HasPrefix(text, []byte("<html")), bytes.HasPrefix(text, []byte("<head")):
		return "this is an HTML page, as a failed download leaves one"
	}
	return fmt.Sprintf("no known format starts with %q", data[:min(len(data), 8)])
}

// isoMedia names the brand of an ISO media file (a box of type ftyp first), "" for other content.
func isoMedia(data []byte) string {
	if !hasAt(data, 4, "ftyp") || len(data) < 12 {
		return ""
	}
	switch string(data[8:12]) {
	case "avif", "avis":
		return "AVIF"
	case "heic", "heix", "hevc", "mif1", "msf1":
		return "HEIF"
	}
	return "video"
}

// hasAt reports whether s stands at offset at of data.
func hasAt(data []byte, at int, s string) bool {
	return len(data) >= at+len(s) && string(data[at:at+len(s)]) == s
}
