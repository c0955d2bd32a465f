// Package tiff decodes the first image of TIFF files to RGB as Pillow's convert("RGB") does: bilevel, grey, palette, RGB
// and CMYK of 1 to 16 bits per sample, in strips or tiles, pixel by pixel or plane by plane; uncompressed, PackBits,
// LZW, deflate, JPEG, CCITT modified Huffman, Group 3 and Group 4. Extra samples are dropped, 16-bit samples give their
// high byte.
//
// Rows are handed on as they are decompressed. What is not decoded is recognised by the header and refused with an error that wraps
// images.ErrUnsupported and says what it is.
package tiff
