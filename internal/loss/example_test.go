package loss_test

import (
	"fmt"

	"csl/internal/loss"
)

// One image of four classes: present, absent, and two unknown, of which the likelier one is dropped.
func ExampleBind() {
	c := loss.Defaults()
	c.Mode, c.TopK = loss.Selective, 1
	bound, err := loss.Bind(c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	grad := make([]float64, 4)
	t := loss.RunnerOf[float64](nil, bound, 1, 4).Run(nil, []float64{2, -1, 3, -2}, []float64{1, 0, -1, -1}, grad)
	fmt.Printf("loss %.3f: positive %.3f, negative %.3f, unknown %.3f\n", t.Total, t.Positive, t.Negative, t.Unknown)
	fmt.Printf("%d of %d unknown cells dropped; gradient %.3f\n", t.DroppedTopK, t.Unknowns, grad)
	// Output:
	// loss 0.213: positive 0.127, negative 0.084, unknown 0.002
	// 1 of 2 unknown cells dropped; gradient [-0.119 0.072 0.000 0.002]
}
