package loss

import (
	"math"
	"strings"
	"testing"

	"csl/internal/kernel/kerneltest"
)

func TestDefaultsAreTheReferenceCodes(t *testing.T) {
	c := Defaults()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if c.Mode != Negative || c.TopK != 5 || c.PriorThreshold != 0.05 || c.GammaUnann != 2 || c.LogClamp != 0 {
		t.Errorf("defaults %+v", c)
	}
}

func TestSenselessConfigsAreErrorsNamingTheKey(t *testing.T) {
	for key, change := range map[string]func(*Config){
		"loss.name":           func(c *Config) { c.Name = "hinge" },
		"loss.mode":           func(c *Config) { c.Mode = "selectiv" },
		"loss.mode: sel":      func(c *Config) { c.Name, c.Mode = Asymmetric, Selective },
		"loss.gamma_pos":      func(c *Config) { c.GammaPos = -1 },
		"loss.gamma_unann":    func(c *Config) { c.GammaUnann = math.NaN() },
		"loss.alpha_neg: -":   func(c *Config) { c.AlphaNeg = -0.5 },
		"loss.alpha_neg: 0.5": func(c *Config) { c.Name, c.AlphaNeg = Asymmetric, 0.5 },
		"loss.clip":           func(c *Config) { c.Clip = 1 },
		"loss.log_clamp":      func(c *Config) { c.LogClamp = -1e-8 },
		"loss.topk":           func(c *Config) { c.TopK = -1 },
		"prior.threshold":     func(c *Config) { c.PriorThreshold = math.Inf(1) },
	} {
		c := Defaults()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: error %v", key, err)
		}
		if _, err := Bind(c, nil); err == nil {
			t.Errorf("%s: Bind accepts it", key)
		}
		if _, err := New[float32](kerneltest.Best(t), c, nil, 1, 1); err == nil {
			t.Errorf("%s: New accepts it", key)
		}
	}
}

func TestPriorMustFitTheClasses(t *testing.T) {
	for name, prior := range map[string][]float32{
		"2 classes": {0.1, 0.2}, "is NaN": {0, float32(math.NaN()), 0}, "is 1.5": {0, 0, 1.5}, "0 classes": {},
	} {
		if _, err := New[float32](kerneltest.Best(t), Defaults(), prior, 1, 3); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestShapesMustFit(t *testing.T) {
	if _, err := New[float32](kerneltest.Best(t), Defaults(), nil, 0, 3); err == nil {
		t.Error("no error for an empty batch")
	}
	if _, _, err := AsymmetricLoss(kerneltest.Best(t), DefaultASL(), make([]float32, 5), make([]float32, 6), 2, 3); err == nil {
		t.Error("no error for 5 logits of 2x3 cells")
	}
	c := Defaults()
	c.Name = SingleLabel
	if _, err := New[float32](kerneltest.Best(t), c, nil, 1, 3); err == nil {
		t.Error("no error for a cell-wise evaluator of the single-label loss")
	}
}
