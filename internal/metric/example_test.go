package metric_test

import (
	"context"
	"fmt"

	"csl/internal/metric"
)

// The six images of docs/metrics.md: scores and labels of cat, dog, car and bus, with equal scores
// (cat in b and c, dog in a, b and e) and unknown labels.
func ExampleAccumulator() {
	images := []string{"a", "b", "c", "d", "e", "f"}
	scores := []float32{
		0.9, 0.8, 0.3, 0.2,
		0.7, 0.8, 0.6, 0.1,
		0.7, 0.2, 0.5, 0.3,
		0.6, 0.4, 0.9, 0.1,
		0.4, 0.8, 0.1, 0.2,
		0.2, 0.1, 0.2, 0.6,
	}
	labels := []int8{
		1, 1, 1, -1,
		0, 0, -1, 0,
		1, -1, -1, -1,
		-1, 1, 1, -1,
		0, -1, -1, -1,
		1, 0, -1, 0,
	}
	a, err := metric.New(metric.Options{Classes: []string{"cat", "dog", "car", "bus"}, Threshold: 0.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := a.Add(images, scores, labels); err != nil {
		fmt.Println(err)
		return
	}
	r, err := a.Report(context.Background(), 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range r.PerClass {
		fmt.Printf("%s: ap %s, reference ap %s\n", c.Class, rate(c.AP), rate(c.ReferenceAP))
	}
	for _, s := range r.SkippedClasses {
		fmt.Printf("skipped %s: %s\n", s.Class, s.Why)
	}
	fmt.Printf("map_partial %s, map_weighted %s, map_o %s, map %s\n", rate(r.MAPPartial), rate(r.MAPWeighted), rate(r.MAPO), rate(r.MAP))
	fmt.Println("annotated:          ", prf(r.PRF))
	fmt.Println("unknown as negative:", prf(r.PRFUnknownAsNegative))
	// Output:
	// cat: ap 86.67, reference ap 83.33
	// dog: ap 58.33, reference ap 41.67
	// car: ap undefined, reference ap 75.00
	// bus: ap undefined, reference ap 0.00
	// skipped car: no negatives
	// skipped bus: no positives
	// map_partial 72.50, map_weighted 75.33, map_o 76.31, map 50.00
	// annotated:           cp 54.17 cr 41.67 cf1 45.83 cf1_ratio 47.10 op 57.14 or 57.14 of1 57.14
	// unknown as negative: cp 33.33 cr 41.67 cf1 36.79 cf1_ratio 37.04 op 40.00 or 57.14 of1 47.06
}

func rate(v *float64) string {
	if v == nil {
		return "undefined"
	}
	return fmt.Sprintf("%.2f", *v)
}

func prf(p metric.PRF) string {
	return fmt.Sprintf("cp %s cr %s cf1 %s cf1_ratio %s op %s or %s of1 %s",
		rate(p.CP), rate(p.CR), rate(p.CF1), rate(p.CF1Ratio), rate(p.OP), rate(p.OR), rate(p.OF1))
}
