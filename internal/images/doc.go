// Package images holds what an image is to csl: 8-bit samples, red, green, blue, row by row from the top, [H,W,3]. The
// packages below bring images from files to batches, each using those named before it only:
//
//   - jpeg, png, gif, webp, bmp and tiff read headers and decode files, row by row, with Pillow's pixels;
//   - codec recognizes formats, checks headers against limits of pixels and memory, and decodes files of all formats;
//   - transform resizes, augments and scales to float32;
//   - source finds files in a folder or a tar, each real folder once, and never opens pipes or devices;
//   - loader checks images and loads batches [N,H,W,3] ahead of the training loop, from files or from a cache of
//     resized images.
//
// Nothing here knows labels beyond copying rows of states, and nothing knows models. Everything random is drawn from a
// PCG generator seeded by (seed, purpose, epoch, sample), so that a batch is the same for any number of workers and
// after any resume.
package images
