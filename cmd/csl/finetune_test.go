package main

import (
	"slices"
	"testing"

	"csl/internal/config"
)

func TestFineTuningTakesTheCheckpointsArchitectureUnlessGiven(t *testing.T) {
	for _, x := range []struct {
		file    string
		origins config.Origins
		name    string
		stages  []int
		planes  int
		head    string
		hidden  int
	}{
		{"tiny_zip.pth", nil, "tresnet_tiny", nil, 0, "plain", 512},
		{"tiny_zip.pth", config.Origins{"model.name": "flag"}, "tresnet_m", nil, 0, "plain", 512},
		{"tiny_bottleneck_legacy.pth", nil, "tresnet_tiny", nil, 0, "bottleneck", 32},
		{"tiny_bottleneck_legacy.pth", config.Origins{"model.head": "file"}, "tresnet_tiny", nil, 0, "plain", 512},
		{"tiny_v2_raw_zip.ckpt", nil, "tresnet_l_v2", []int{1, 1, 1, 1}, 8, "plain", 512},
	} {
		cfg := config.Default()
		cfg.Model.Path = testCheckpoint(x.file)
		if err := adoptArchitecture(cfg, x.origins); err != nil {
			t.Fatal(err)
		}
		m := cfg.Model
		if m.Name != x.name || !slices.Equal(m.Stages, x.stages) || m.Planes != x.planes || m.Head != x.head || m.HeadHidden != x.hidden {
			t.Errorf("%s, %v given: %+v", x.file, x.origins, m)
		}
	}
}
