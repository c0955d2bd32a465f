//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

func notifySaveAndStop(signals chan<- os.Signal) { signal.Notify(signals, syscall.SIGUSR1) }

// isSaveAndStop tells the signal by which a batch system asks to save and end.
func isSaveAndStop(s os.Signal) bool { return s == syscall.SIGUSR1 }
