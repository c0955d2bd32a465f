package model

// DefaultSize is the side of the input in pixels where neither the user nor the checkpoint says: the
// reference's.
const DefaultSize = 448

// The names of the weights that a checkpoint may hold beside each other: those that training steps change, and a
// moving average of them.
const (
	WeightsRegular  = "model"
	WeightsAveraged = "ema"
)
