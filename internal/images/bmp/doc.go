// Package bmp decodes Windows and OS/2 bitmaps to RGB as Pillow's convert("RGB") does: 1, 2, 4, 8, 16, 24 and 32 bits per
// pixel, run-length coded (RLE4, RLE8) and with bit fields, stored upwards or downwards. Alpha is dropped.
//
// Uncompressed rows are handed on from where they lie; run-length coded images are held as a byte per pixel.
package bmp
