package config

import (
	"io"

	"csl/internal/loss"
)

// Starter is what a new user begins with: the defaults, which are the reference's, but for the settings that did best
// by validation in docs/evidence.md. Those are the loss and the gate; what depends on the data keeps its default.
func Starter() *Config {
	c := Default()
	c.Loss.Mode = loss.Selective
	c.Loss.GammaPos, c.Loss.GammaNeg, c.Loss.GammaUnann = 1, 4, 4
	c.Loss.TopK = 0
	c.Prior.Path, c.Prior.Quantile = "prior.csv", 0.9
	c.EMA.Warmup = true
	return c
}

// WriteStarter writes Starter as Write does, with comments that name the default where it is another.
func WriteStarter(w io.Writer, header string) error {
	c, defaults := Starter(), Default().Values()
	for name, value := range c.Values() {
		if value == defaults[name] {
			delete(defaults, name)
		}
	}
	return c.write(w, header, true, defaults)
}
