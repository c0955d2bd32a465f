// Package doctest holds the tests of the documentation: links resolve, and what the pages cite exists.
// It exports nothing.
package doctest
