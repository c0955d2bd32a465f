//go:build !long

package main

// browserNeeded says whether tests that draw a page fail where there is no browser.
const browserNeeded = false
