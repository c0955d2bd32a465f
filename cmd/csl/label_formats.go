package main

import (
	"strings"

	"csl/internal/labels"
)

// formatNames are the names of the label formats.
func formatNames(separator string) string {
	var all []string
	for _, f := range labels.Formats() {
		all = append(all, string(f))
	}
	return strings.Join(all, separator)
}
