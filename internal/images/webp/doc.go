// Package webp decodes the first frame of WebP files, lossy and lossless, to RGB as Pillow's convert("RGB") does: with
// libwebp's colors, without alpha. The container is read here; the codecs are those of golang.org/x/image.
package webp
