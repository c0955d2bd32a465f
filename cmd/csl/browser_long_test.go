//go:build long

package main

const browserNeeded = true
