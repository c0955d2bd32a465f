package prior_test

import (
	"fmt"

	"csl/internal/prior"
)

// Which classes selective mode gates.
func ExamplePrior_Select() {
	p := &prior.Prior{Classes: []string{"person", "dog", "kite"}, Avg: []float32{0.6, 0.2, 0.01}}
	for _, s := range []prior.Selection{{Threshold: 0.05}, {TopN: 1}} {
		classes, err := p.Select(s)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(s.Key(), " ", s.Value(), ":")
		for _, c := range classes {
			fmt.Print(" ", p.Classes[c])
		}
		fmt.Println()
	}
	// Output:
	// threshold 0.05: person dog
	// top_n 1: person
}
