package kerneltest

import "csl/internal/kernel"

// group is the cases of one descriptor type.
type group struct {
	name  string
	descs []kernel.Desc
}

var (
	sides    = [...]int{1, 3, 5, 7, 9}
	channels = [...]int{1, 3, 5, 7, 8, 16, 17, 48, 76}
	slopes   = [...]float64{1, 0, 0.01, 1e-3}
)

// groups is the table of all cases, in a fixed order.
func groups() []group {
	var out []group
	for _, descs := range [][]kernel.Desc{
		convs(), convStats(), convGrads(), linears(), norms(), pools(), blocks(), scales(), pointwise(),
	} {
		for _, d := range descs {
			name := typeName(d)
			i := 0
			for i < len(out) && out[i].name != name {
				i++
			}
			if i == len(out) {
				out = append(out, group{name: name})
			}
			out[i].descs = append(out[i].descs, d)
		}
	}
	return out
}

// convShapes has every pair of channel counts, every pair of sides with every batch size, kernels
// of 1 and 3 (and 5, once), and shapes that need several blocks of rows, pixels or images.
func convShapes() []kernel.ConvShape {
	var out []kernel.ConvShape
	i := 0
	for _, ci := range channels {
		for _, co := range channels {
			out = append(out, kernel.ConvShape{
				N: 1 + i%3, H: sides[i%4], W: sides[i/2%5], Ci: ci, Co: co, K: 1 + 2*(i/3%2),
			})
			i++
		}
	}
	for _, h := range sides {
		for _, w := range sides {
			for n := 1; n <= 3; n++ {
				for _, k := range []int{1, 3} {
					out = append(out, kernel.ConvShape{
						N: n, H: h, W: w, Ci: channels[i%6], Co: channels[i/5%6], K: k,
					})
					i++
				}
			}
		}
	}
	return append(
		out,
		kernel.ConvShape{N: 2, H: 6, W: 5, Ci: 3, Co: 5, K: 5},
		kernel.ConvShape{N: 1, H: 2, W: 2, Ci: 3, Co: 4, K: 3},
		kernel.ConvShape{N: 1, H: 7, W: 7, Ci: 76, Co: 152, K: 3},
		kernel.ConvShape{N: 1, H: 7, W: 7, Ci: 152, Co: 76, K: 1},
		kernel.ConvShape{N: 2, H: 14, W: 14, Ci: 64, Co: 32, K: 3},
		kernel.ConvShape{N: 5, H: 28, W: 28, Ci: 16, Co: 24, K: 3},
		kernel.ConvShape{N: 1, H: 61, W: 40, Ci: 48, Co: 7, K: 3},
		kernel.ConvShape{N: 3, H: 29, W: 31, Ci: 17, Co: 48, K: 1},
		kernel.ConvShape{N: 1, H: 3, W: 700, Ci: 8, Co: 3, K: 3},
		kernel.ConvShape{N: 70, H: 3, W: 3, Ci: 5, Co: 9, K: 3},
	)
}

func convs() []kernel.Desc {
	var out []kernel.Desc
	for i, s := range convShapes() {
		out = append(out, kernel.Conv{
			ConvShape:    s,
			Epilogue:     kernel.Epilogue{Bias: i%2 == 0, Residual: i/2%2 == 0, Slope: slopes[i%4]},
			ConstWeights: i%5 == 0,
		})
	}
	for _, s := range []kernel.ConvShape{
		{N: 2, H: 5, W: 7, Ci: 5, Co: 7, K: 3},
		{N: 1, H: 9, W: 5, Ci: 17, Co: 48, K: 1},
		{N: 1, H: 8, W: 8, Ci: 16, Co: 16, K: 3},
	} {
		for _, bias := range []bool{false, true} {
			for _, residual := range []bool{false, true} {
				for _, slope := range slopes {
					for _, fixed := range []bool{false, true} {
						e := kernel.Epilogue{Bias: bias, Residual: residual, Slope: slope}
						out = append(out, kernel.Conv{ConvShape: s, Epilogue: e, ConstWeights: fixed})
					}
				}
			}
		}
	}
	return out
}

func convStats() []kernel.Desc {
	var out []kernel.Desc
	for _, s := range append(
		convShapes(),
		kernel.ConvShape{N: 3, H: 13, W: 18, Ci: 16, Co: 41, K: 3},
		kernel.ConvShape{N: 9, H: 7, W: 7, Ci: 17, Co: 64, K: 3},
		kernel.ConvShape{N: 2, H: 33, W: 1, Ci: 300, Co: 150, K: 1},
	) {
		out = append(out, kernel.ConvStats{ConvShape: s})
	}
	return out
}

func convGrads() []kernel.Desc {
	var out []kernel.Desc
	for _, s := range convShapes() {
		out = append(out, kernel.ConvDataGrad{ConvShape: s}, kernel.ConvDataGrad{ConvShape: s, Accumulate: true},
			kernel.ConvWeightGrad{ConvShape: s})
	}
	return out
}

func linears() []kernel.Desc {
	var out []kernel.Desc
	for i, in := range channels {
		for j, o := range channels {
			s := kernel.LinearShape{N: 1 + (i+j)%3, In: in, Out: o}
			out = append(out, kernel.Linear{LinearShape: s, ConstWeights: i%2 == 0},
				kernel.LinearDataGrad{LinearShape: s}, kernel.LinearWeightGrad{LinearShape: s},
				kernel.BiasGrad{Rows: in, C: o})
		}
	}
	for _, s := range []kernel.LinearShape{
		{N: 1, In: 512, Out: 80}, {N: 33, In: 64, Out: 161}, {N: 64, In: 76, Out: 9},
	} {
		out = append(out, kernel.Linear{LinearShape: s}, kernel.Linear{LinearShape: s, ConstWeights: true},
			kernel.LinearDataGrad{LinearShape: s}, kernel.LinearWeightGrad{LinearShape: s})
	}
	return append(out, kernel.BiasGrad{Rows: 3000, C: 17}, kernel.BiasGrad{Rows: 41, C: 1000})
}

func norms() []kernel.Desc {
	var out []kernel.Desc
	for i, c := range append(channels[:], 300) {
		for j, rows := range []int{2, 3, 9, 49} {
			s := kernel.ABNShape{Rows: rows, C: c, Slope: slopes[(i+j)%4]}
			out = append(out, kernel.BNStats{Rows: rows, C: c}, kernel.ABN{ABNShape: s}, kernel.ABNEval{ABNShape: s},
				kernel.ABNAddReLU{Rows: rows, C: c}, kernel.ABNResidualReduce{Rows: rows, C: c})
			for _, slope := range slopes {
				s.Slope = slope
				out = append(out, backwards(s)...)
			}
		}
		out = append(out, kernel.ABNGammaGrad{C: c}, kernel.ABNBetaGrad{C: c})
	}
	for i, c := range []int{5, 17, 48} {
		s := kernel.ABNShape{Rows: 2000 + i, C: c, Slope: slopes[1+i]}
		out = append(out, kernel.BNStats{Rows: s.Rows, C: c}, kernel.ABN{ABNShape: s}, kernel.ABNEval{ABNShape: s},
			kernel.ABNAddReLU{Rows: s.Rows, C: c}, kernel.ABNResidualReduce{Rows: s.Rows, C: c})
		out = append(out, backwards(s)...)
	}
	return append(out, kernel.BNStats{Rows: 1, C: 5}, kernel.ABNResidualReduce{Rows: 37, C: 1100})
}

// backwards is ABN's backward pass from whatever can be kept.
func backwards(s kernel.ABNShape) []kernel.Desc {
	out := []kernel.Desc{kernel.ABNReduce{ABNShape: s}, kernel.ABNInputGrad{ABNShape: s}}
	if s.Slope > 0 {
		out = append(out, kernel.ABNReduce{ABNShape: s, FromY: true}, kernel.ABNInputGrad{ABNShape: s, FromY: true})
	}
	return out
}

// mapShapes has every pair of sides between lo and 9 with every channel count and batch size in
// turn, and a few larger ones.
func mapShapes(lo int) []kernel.MapShape {
	var out []kernel.MapShape
	i := 0
	for h := lo; h <= 9; h++ {
		for w := lo; w <= 9; w++ {
			out = append(out, kernel.MapShape{N: 1 + i%3, H: h, W: w, C: channels[i%len(channels)]})
			i++
		}
	}
	return append(out, kernel.MapShape{N: 2, H: 33, W: 40, C: 24}, kernel.MapShape{N: 1, H: 2, W: 70, C: 300})
}

func pools() []kernel.Desc {
	var out []kernel.Desc
	for _, s := range mapShapes(2) {
		out = append(out, kernel.BlurPool{MapShape: s}, kernel.BlurPoolGrad{MapShape: s})
	}
	for _, s := range mapShapes(1) {
		out = append(out, kernel.AvgPool{MapShape: s}, kernel.AvgPoolGrad{MapShape: s},
			kernel.GlobalPool{MapShape: s}, kernel.GlobalPoolGrad{MapShape: s})
	}
	return out
}

func blocks() []kernel.Desc {
	var out []kernel.Desc
	for _, s := range []kernel.MapShape{
		{N: 1, H: 4, W: 4, C: 1},
		{N: 3, H: 8, W: 12, C: 3},
		{N: 2, H: 12, W: 4, C: 5},
		{N: 1, H: 64, W: 36, C: 3},
		{N: 2, H: 4, W: 8, C: 17},
	} {
		out = append(out, kernel.SpaceToDepth{MapShape: s}, kernel.SpaceToDepthGrad{MapShape: s})
	}
	return out
}

func scales() []kernel.Desc {
	var out []kernel.Desc
	for _, s := range mapShapes(1) {
		out = append(out, kernel.ScaleChannels{MapShape: s}, kernel.ScaleChannelsGrad{MapShape: s},
			kernel.ScaleAddReLU{MapShape: s}, kernel.SqueezeGrad{MapShape: s})
	}
	return out
}

func pointwise() []kernel.Desc {
	var out []kernel.Desc
	for _, n := range []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 100, 40001} {
		out = append(out, kernel.Add{Len: n}, kernel.AddReLU{Len: n})
		for _, a := range []kernel.Activation{kernel.ReLU, kernel.Sigmoid} {
			out = append(out, kernel.Activate{Len: n, Kind: a}, kernel.ActivateGrad{Len: n, Kind: a})
		}
	}
	return out
}

// inPlace is the inputs whose memory the output may take, by the descriptors' comments.
func inPlace(d kernel.Desc) []int {
	switch d := d.(type) {
	case kernel.Conv:
		if d.Residual {
			return []int{len(d.Inputs()) - 1}
		}
	case kernel.ConvDataGrad:
		if d.Accumulate {
			return []int{2}
		}
	case kernel.ABN, kernel.ABNAddReLU, kernel.ABNEval, kernel.Activate, kernel.ScaleChannels, kernel.SqueezeGrad:
		return []int{0}
	case kernel.ABNInputGrad, kernel.ABNResidualReduce, kernel.ActivateGrad:
		return []int{1}
	case kernel.Add, kernel.AddReLU:
		return []int{0, 1}
	case kernel.ScaleAddReLU:
		return []int{0, 2}
	}
	return nil
}
