// Package codec recognizes image formats by content, reads headers, and decodes files to RGB as Pillow's
// convert("RGB") does. Where files come from and what becomes of their pixels does not belong here.
package codec
