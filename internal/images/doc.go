// Package images brings images from files to batches: it finds them in a folder or a tar
// (Source), decodes them to RGB as Pillow does (Decode), resizes (Resize), augments (Augment) and
// loads them ahead of the training loop (Loader), optionally from a cache of resized images
// (Cache).
//
// What an image is: 8 bit samples, red, green, blue, row by row from the top, [H,W,3]. Nothing
// here knows labels beyond copying rows of states, and nothing here knows models: a batch is
// [N,H,W,3] float32 and that is where this package ends.
//
// Everything random is drawn from a PCG generator seeded by (seed, purpose, epoch, sample), so that
// a batch is the same for any number of workers and after any resume.
package images
