// Package transform resizes images as Pillow does, augments them as torchvision does and scales them to float32.
// Files and batches do not belong here.
package transform
