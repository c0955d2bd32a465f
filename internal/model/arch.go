package model

import "fmt"

// unit is a convolution with its activated batch norm. Its weights are called name.0.weight,
// name.1.weight (gamma), name.1.bias (beta) and so on.
type unit struct {
	name       string
	in, out, k int
	slope      float64 // of the activation; 1 = none
	zeroGamma  bool    // the last norm of a block starts as zero
}

// squeeze is a squeeze-excite: two linear layers, kept as 1x1 convolutions in checkpoints.
type squeeze struct {
	name             string
	channels, hidden int
}

// block is a residual block. Basic: conv1, blur, conv2, squeeze. Bottleneck: conv1, conv2, blur,
// squeeze, conv3.
type block struct {
	name         string
	conv1, conv2 unit
	conv3        *unit // nil in a basic block
	blur         bool  // halves the sides
	down         *unit // of the residual; nil is the identity
	se           *squeeze
}

// linear is a fully connected layer with bias.
type linear struct {
	name    string
	in, out int
}

// arch is a specification spelt out, in the order of the checkpoint.
type arch struct {
	stem   unit
	stages [stageCount][]block
	head   []linear
}

func newArch(s Spec) arch {
	a := arch{stem: unit{name: "body.conv1", in: 48, out: s.Planes, k: 3, slope: s.StemSlope}}
	width := s.Planes
	for i, count := range s.Stages {
		planes := s.Planes << i
		for j := range count {
			b := newBlock(fmt.Sprintf("body.layer%d.%d", i+1, j), s.Kinds[i], width, planes, i > 0 && j == 0, s.Slope)
			if i < stageCount-1 {
				hidden := max(b.width()/4, 64)
				if b.conv3 != nil {
					hidden = max(b.width()/8, 64)
				}
				b.se = &squeeze{name: b.name + ".se", channels: planes, hidden: hidden}
			}
			a.stages[i] = append(a.stages[i], b)
			width = b.width()
		}
	}
	if s.Head == BottleneckHead {
		a.head = []linear{
			{"head.fc.embedding_generator.0", width, s.HeadHidden},
			{"head.fc.FC", s.HeadHidden, s.NumClasses},
		}
	} else {
		a.head = []linear{{"head.fc", width, s.NumClasses}}
	}
	return a
}

func newBlock(name string, kind BlockKind, in, planes int, blur bool, slope float64) block {
	b := block{name: name, blur: blur}
	inner := "" // the unit before a blur pool lies one level deeper in the checkpoint
	if blur {
		inner = ".0"
	}
	if kind == Basic {
		b.conv1 = unit{name: name + ".conv1" + inner, in: in, out: planes, k: 3, slope: slope}
		b.conv2 = unit{name: name + ".conv2", in: planes, out: planes, k: 3, slope: 1, zeroGamma: true}
	} else {
		b.conv1 = unit{name: name + ".conv1", in: in, out: planes, k: 1, slope: slope}
		b.conv2 = unit{name: name + ".conv2" + inner, in: planes, out: planes, k: 3, slope: slope}
		b.conv3 = &unit{name: name + ".conv3", in: planes, out: 4 * planes, k: 1, slope: 1, zeroGamma: true}
	}
	if blur || in != b.width() {
		b.down = &unit{name: name + ".downsample.0", in: in, out: b.width(), k: 1, slope: 1}
		if blur {
			b.down.name = name + ".downsample.1" // behind the pool
		}
	}
	return b
}

// width is the number of output channels.
func (b block) width() int {
	if b.conv3 != nil {
		return b.conv3.out
	}
	return b.conv2.out
}

// units lists the convolutions of a block in the order of the checkpoint.
func (b block) units() []unit {
	u := []unit{b.conv1, b.conv2}
	for _, more := range []*unit{b.conv3, b.down} {
		if more != nil {
			u = append(u, *more)
		}
	}
	return u
}
