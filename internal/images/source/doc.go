// Package source finds image files by the names that labels give them, in a folder or a tar archive. What is in the
// files does not belong here.
package source
