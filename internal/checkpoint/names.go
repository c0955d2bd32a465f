package checkpoint

import (
	"fmt"
	"regexp"
	"strings"

	"csl/internal/count"
)

// Scheme is a way of naming a TResNet's tensors. With the names comes the
// meaning of the batch norm scales.
type Scheme string

const (
	// Alibaba is the naming of the TResNet, ASL and CSL repositories, of csl,
	// and of timm before 0.9. A scale γ means |γ| + 1e-5 (InPlaceABN).
	Alibaba Scheme = "Alibaba"
	// Timm is the naming of timm from 0.9 on. A scale γ means γ.
	Timm Scheme = "timm"
)

// Tensors by which a scheme is recognised: the first convolution.
const (
	stemAlibaba = "body.conv1.0.weight"
	stemTimm    = "body.conv1.conv.weight"
)

// detect finds the scheme from the names.
func (f *File) detect() (Scheme, error) {
	if _, ok := f.byName[stemAlibaba]; ok {
		return Alibaba, nil
	}
	if _, ok := f.byName[stemTimm]; ok {
		return Timm, nil
	}
	var first []string
	for _, t := range f.tensors {
		if len(first) < 3 {
			first = append(first, fmt.Sprintf("%q", t.Name))
		}
	}
	return "", fmt.Errorf("it is not a TResNet: there is neither %q nor %q among its %s (%s, ...)",
		stemAlibaba, stemTimm, count.Of(len(f.tensors), "tensor"), strings.Join(first, ", "))
}

// timmUnit matches a convolution or batch norm of timm's ConvNormAct, with
// stage and block where it is inside one.
var timmUnit = regexp.MustCompile(`^body\.(?:layer(\d+)\.(\d+)\.)?(conv\d|downsample\.\d)\.(conv|bn)\.(.+)$`)

// fromTimm translates a name of timm's into Alibaba's. bottleneck tells the
// kind of a stage's blocks. Names that are equal in both come back unchanged.
//
// Source: timm/models/tresnet.py (ConvNormAct has .conv and .bn where the
// original has a Sequential with .0 and .1; its checkpoint_filter_fn is the
// way back). Where a blur pool follows, in the first block of the stages after
// the first, the original has one more Sequential around the pair.
func fromTimm(name string, bottleneck func(stage string) bool) string {
	m := timmUnit.FindStringSubmatch(name)
	if m == nil {
		return name
	}
	stage, block, unit, part, rest := m[1], m[2], m[3], m[4], m[5]
	number := map[string]string{"conv": "0", "bn": "1"}[part]
	if stage == "" {
		return "body." + unit + "." + number + "." + rest
	}
	blurred := "conv1"
	if bottleneck(stage) {
		blurred = "conv2"
	}
	if stage != "1" && block == "0" && unit == blurred {
		unit += ".0"
	}
	return "body.layer" + stage + "." + block + "." + unit + "." + number + "." + rest
}

// isBlurFilter tells the buffers that blur pools used to store: BlurPool2d's
// and Downsample's "filt".
func isBlurFilter(name string) bool {
	return strings.HasSuffix(name, ".filt") && strings.Contains(name, "layer")
}
