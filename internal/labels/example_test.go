package labels_test

import (
	"fmt"
	"os"

	"csl/internal/labels"
)

// A set knows three states: what nothing was said about is unknown, not absent.
func Example() {
	var b labels.Builder
	beach, _ := b.Image("beach.jpg")
	b.Add(beach, 0, labels.Positive)
	b.Add(beach, 1, labels.Negative)
	street, _ := b.Image("street.jpg")
	b.Add(street, 1, labels.Positive)
	set, err := b.Build([]labels.Class{{Name: "sea"}, {Name: "car"}}, labels.Unknown)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("sea in street.jpg is unknown:", set.At(street, 0) == labels.Unknown)
	s := set.Stats()
	fmt.Printf("%d positive, %d negative, %d unknown\n", s.Total.Positives, s.Total.Negatives, s.Total.Unknown)
	if err := set.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// sea in street.jpg is unknown: true
	// 2 positive, 1 negative, 1 unknown
	// image,label,value
	// beach.jpg,sea,1
	// beach.jpg,car,0
	// street.jpg,car,1
}

// Hiding labels of a fully annotated set makes a partially annotated one: here one positive per image remains.
func ExampleSimulate() {
	var b labels.Builder
	for _, name := range []string{"a.jpg", "b.jpg", "c.jpg"} {
		row, _ := b.Image(name)
		b.Add(row, 0, labels.Positive)
		b.Add(row, 1, labels.Positive)
	}
	full, err := b.Build([]labels.Class{{Name: "cat"}, {Name: "dog"}, {Name: "kite"}}, labels.Negative)
	if err != nil {
		fmt.Println(err)
		return
	}
	partial, err := labels.Simulate(full, "single", 0, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, set := range []*labels.Set{full, partial} {
		s := set.Stats()
		fmt.Printf("%d positive, %d negative, %d unknown\n", s.Total.Positives, s.Total.Negatives, s.Total.Unknown)
	}
	// Output:
	// 6 positive, 3 negative, 0 unknown
	// 3 positive, 0 negative, 6 unknown
}
