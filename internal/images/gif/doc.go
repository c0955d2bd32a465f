// Package gif decodes the first frame of GIF files to RGB as Pillow's convert("RGB") does: on a canvas of the screen's
// size, which grows where the frame lies beyond it, filled with the transparent index's color.
//
// Rows are handed on as they are decoded; only interlaced frames are held, as a byte per pixel.
package gif
