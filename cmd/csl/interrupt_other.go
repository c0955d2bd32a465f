//go:build !unix

package main

import "os"

// notifySaveAndStop does nothing: there is no such signal.
func notifySaveAndStop(chan<- os.Signal) {}

func isSaveAndStop(os.Signal) bool { return false }
