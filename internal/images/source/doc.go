// Package source finds image files by the names that labels give them, in a folder, a tar archive or several of them.
// What is in the files does not belong here.
package source
