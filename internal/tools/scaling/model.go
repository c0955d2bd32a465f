package main

import (
	"errors"
	"math"
)

// inputs are what the model starts from. Times are in milliseconds, sizes in MB (10^6 bytes).
type inputs struct {
	Ranks    []int     `json:"ranks"`
	Gbit     []float64 `json:"gbit"`       // networks, in Gbit/s in either direction
	Goodput  float64   `json:"goodput"`    // the part of that which carries numbers
	Latency  float64   `json:"latency_ms"` // that each message adds to an exchange
	BucketMB float64   `json:"bucket_mb"`  // of gradients
	Cases    []work    `json:"cases"`
	Checks   []check   `json:"checks"`
}

// work is what a rank does in a step.
type work struct {
	Name        string    `json:"name"`
	Forward     float64   `json:"forward_ms"`
	Backward    float64   `json:"backward_ms"`
	GradientsMB float64   `json:"gradients_mb"`
	StatsMB     float64   `json:"stats_mb"` // loss terms and batch statistics, in one exchange
	CellsMB     []float64 `json:"cells_mb"` // exchanges for the top-K, which the forward pass waits for
}

// check is a measured run.
type check struct {
	work
	Ranks    int     `json:"ranks"`
	Gbit     float64 `json:"gbit"`
	Measured float64 `json:"measured_ms"` // a step
}

func (in inputs) check() error {
	if len(in.Ranks) == 0 || len(in.Gbit) == 0 || len(in.Cases) == 0 || in.Goodput <= 0 || in.Goodput > 1 || in.Latency < 0 || in.BucketMB <= 0 {
		return errors.New("ranks, gbit and cases must not be empty, goodput must be above 0 and at most 1, latency_ms at least 0, bucket_mb above 0")
	}
	return nil
}

// smallMB is up to how much all ranks together send everything to all at once (package dist).
const smallMB = 0.065536

// exchange is how long a sum of that many MB over n ranks takes. Every rank sends n-1 messages in each of two rounds, one behind the
// other, and 2(n-1)/n of the numbers altogether, as in a ring; what is small goes in one round, all of it to everyone.
func (in inputs) exchange(n int, gbit, mb float64) float64 {
	others := float64(n - 1)
	perMB := 8 / (gbit * in.Goodput) // milliseconds
	if mb*float64(n) <= smallMB {
		return others * (in.Latency + mb*perMB)
	}
	return 2*others*in.Latency + 2*others/float64(n)*mb*perMB
}

// step is how long a step of n ranks takes, of equal speed and loaded equally. Exchanges are done one after the other. Those for the
// top-K stop the forward pass; statistics and gradients are sent while the backward pass goes on, the gradients in buckets that become full
// at an even pace.
func (in inputs) step(w work, n int, gbit float64) float64 {
	if n == 1 {
		return w.Forward + w.Backward
	}
	now := w.Forward
	for _, mb := range w.CellsMB {
		now += in.exchange(n, gbit, mb)
	}
	end := now + w.Backward
	free := now + in.exchange(n, gbit, w.StatsMB) // when the network is
	buckets := int(math.Ceil(w.GradientsMB / in.BucketMB))
	for i := range buckets {
		full := min(float64(i+1)*in.BucketMB, w.GradientsMB)
		mb := full - float64(i)*in.BucketMB
		free = max(free, now+w.Backward*full/w.GradientsMB) + in.exchange(n, gbit, mb)
	}
	return max(end, free)
}

// efficiency is the speed of n ranks, beside n times that of one with the same part of a batch.
func (in inputs) efficiency(w work, n int, gbit float64) float64 {
	return in.step(w, 1, gbit) / in.step(w, n, gbit)
}
