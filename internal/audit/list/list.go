// Package list reads and writes the list of cells that an audit proposes to ask a person about: a CSV file, one row per
// cell, the best question first. How cells are chosen belongs in package audit, how they are asked in package review.
package list

import "csl/internal/labels"

// Reason says why a cell is proposed.
type Reason string

// The reasons. A file of another program may have others.
const (
	LikelyPresent Reason = "likely_present" // unknown, but the model believes that the class is present
	LikelyWrong   Reason = "likely_wrong"   // annotated, but the model disbelieves it
	Uncertain     Reason = "uncertain"      // unknown, and the answer would teach much
	Random        Reason = "random"         // unknown, drawn by lot
)

// Candidate is one cell to ask about.
type Candidate struct {
	// Image is the name of the image as the annotations have it, Class that of the class.
	Image, Class string
	// Label is the current label; Unknown where the list does not say.
	Label labels.State
	// Score is the model's score of the class, 0 to 1; NaN where the list does not say.
	Score float32
	// Probability is the calibrated chance that the class is present, 0 to 1; NaN where nothing tells it.
	Probability float32
	// Priority is the value by which the cell was ranked, the largest first; NaN where the list does not say.
	// Priorities of different reasons must not be compared.
	Priority float64
	// Reason says why the cell is in the list; "" where the list does not say.
	Reason Reason
}
