// Package png decodes PNG files (ISO/IEC 15948) to RGB as Pillow's convert("RGB") does: grey is replicated, palettes
// are looked up, transparency is dropped, 16-bit samples give their high byte.
//
// Rows are handed on as they are inflated; only interlaced files are held as a whole. Chunks that do not bear on the
// pixels are stepped over whatever is in them, and so are a palette of a grey or RGB file, transparency of any kind, data
// behind the last pixel and a missing end. Pixels that are missing or damaged are an error.
package png
