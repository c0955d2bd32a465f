package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"csl/internal/loss"
	"csl/internal/loss/lossgraph"
)

// known is a known model with that number of classes.
func known(t testing.TB, name string, classes int) Spec {
	t.Helper()
	s, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	s.NumClasses = classes
	return s
}

func defaultLoss(t testing.TB) LossFunc {
	t.Helper()
	f, err := lossgraph.Build(loss.Defaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTrainingArenaStaysInItsBudget(t *testing.T) {
	for _, c := range []struct { // 1 MB is 1e6 bytes
		classes int
		budget  int64
	}{{9605, 630e6}, {80, 560e6}} {
		table, err := Table(known(t, "tresnet_m", c.classes), Options{Batch: 16, Height: 224, Width: 224}, defaultLoss(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d classes: arena %.1f MB", c.classes, float64(table.ArenaBytes)/1e6)
		if table.ArenaBytes > c.budget {
			t.Errorf("%d classes: arena of %d bytes, budget %d", c.classes, table.ArenaBytes, c.budget)
		}
	}
}

func TestParameterCountsAreThoseOfThePublishedModels(t *testing.T) {
	for _, c := range []struct {
		model      string
		classes    int
		head       Head
		parameters int64 // counted from the definitions in tresnet_torch.py
	}{
		{"tresnet_m", 80, PlainHead, 29503952},
		{"tresnet_m", 9605, PlainHead, 49020677},
		{"tresnet_m", 9605, BottleneckHead, 35316485},
		{"tresnet_l", 9605, PlainHead, 76925221},
		{"tresnet_xl", 80, PlainHead, 75991804},
		{"tresnet_l_v2", 80, PlainHead, 44289744},
		{"tresnet_s", 80, PlainHead, 604704},
		{"tresnet_tiny", 80, PlainHead, 148312},
	} {
		s := known(t, c.model, c.classes)
		s.Head = c.head
		table, err := Table(s, Options{Batch: 1, Height: 32, Width: 32}, nil)
		if err != nil {
			t.Fatal(err)
		}
		rows := int64(0)
		for _, r := range table.Rows {
			rows += r.Params
		}
		if table.Params != c.parameters || rows != c.parameters {
			t.Errorf("%s, %d classes, %s head: %d parameters, %d in rows, want %d", c.model, c.classes, c.head, table.Params, rows, c.parameters)
		}
	}
}

func TestTableCountsTheOperationsOfThePublishedModels(t *testing.T) {
	for _, c := range []struct {
		model string
		side  int
		gmac  float64 // multiply-adds per image in 1e9, measured with the prototype
	}{{"tresnet_m", 224, 5.73}, {"tresnet_l", 224, 10.9}, {"tresnet_l", 448, 43.5}} {
		table, err := Table(known(t, c.model, 80), Options{Batch: 1, Height: c.side, Width: c.side}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if g := float64(table.FLOPs) / 2e9; math.Abs(g/c.gmac-1) > 0.01 {
			t.Errorf("%s at %d: %.2f GMAC, want %.2f", c.model, c.side, g, c.gmac)
		}
	}
}

func TestTableListsLayersWithShapes(t *testing.T) {
	s := known(t, "tresnet_tiny", 5)
	train, err := Table(s, Options{Batch: 2, Height: 64, Width: 96}, defaultLoss(t))
	if err != nil {
		t.Fatal(err)
	}
	infer, err := Table(s, Options{Batch: 2, Height: 64, Width: 96}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if train.ArenaBytes <= infer.ArenaBytes || train.RunFLOPs <= 2*infer.RunFLOPs {
		t.Errorf("training %d bytes, %d FLOPs; inference %d and %d", train.ArenaBytes, train.RunFLOPs, infer.ArenaBytes, infer.RunFLOPs)
	}
	want := map[string]TableRow{
		"body.SpaceToDepth":          {Shape: []int{2, 16, 24, 48}},
		"body.conv1.0":               {Shape: []int{2, 16, 24, 8}, Params: 48 * 8 * 9, FLOPs: 2 * 2 * 16 * 24 * 48 * 8 * 9},
		"body.layer2.0.conv1.0.1":    {Shape: []int{2, 16, 24, 16}, Params: 32},
		"body.layer4.0.downsample.0": {Shape: []int{2, 2, 3, 128}},
		"head.fc":                    {Shape: []int{2, 5}, Params: 256*5 + 5, FLOPs: 2 * 2 * 256 * 5},
	}
	for _, r := range infer.Rows {
		if w, ok := want[r.Name]; ok {
			if !slices.Equal(r.Shape, w.Shape) || r.Params != w.Params || (w.FLOPs > 0 && r.FLOPs != w.FLOPs) {
				t.Errorf("row %+v, want %+v", r, w)
			}
			delete(want, r.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("no rows for %v", want)
	}
	if text := infer.String(); !strings.Contains(text, "2x16x24x48") || !strings.Contains(text, "\ntotal ") {
		t.Errorf("table:\n%s", text)
	}
}
