//go:build !linux

package main

// enough is for systems whose limits are known.
func enough(int) error { return nil }
