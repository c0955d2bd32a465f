package labels

import (
	"fmt"
	"slices"
	"testing"
)

func TestSetAgreesWithADenseMatrix(t *testing.T) {
	for _, absent := range []State{Unknown, Negative, Positive} {
		set := randomSet(t, 50, 9, absent, 1)
		row := make([]int8, 9)
		for i := range set.Len() {
			set.Row(i, row)
			var annotated []int8
			for range row {
				annotated = append(annotated, -1)
			}
			last := -1
			set.Annotated(i, func(class int, s State) {
				if class <= last || s == Unknown {
					t.Fatalf("image %d: class %d (%v) after %d", i, class, s, last)
				}
				last = class
				annotated[class] = int8(s)
			})
			if !slices.Equal(row, annotated) {
				t.Fatalf("absent %v, image %d: Row %v, Annotated %v", absent, i, row, annotated)
			}
			for c, v := range row {
				if set.At(i, c) != State(v) {
					t.Fatalf("At(%d, %d) = %v, want %d", i, c, set.At(i, c), v)
				}
			}
		}
	}
}

func TestStoreIsAFewBytesPerAnnotation(t *testing.T) {
	var b Builder
	for i := range 1000 {
		row, _ := b.Image(fmt.Sprintf("%016x", i))
		for k := range 5 {
			b.Add(row, (i*31+k*1009)%9605, Positive)
		}
	}
	classes := make([]Class, 9605)
	for i := range classes {
		classes[i].Name = fmt.Sprint(i)
	}
	set, err := b.Build(classes, Unknown)
	if err != nil {
		t.Fatal(err)
	}
	if got := 4 * cap(set.cells); got > 5000*5 {
		t.Errorf("5000 annotations take %d bytes", got)
	}
}

func TestStrongerStatementWinsAndIsCounted(t *testing.T) {
	var b Builder
	row, _ := b.Image("a")
	b.Image("empty")
	for _, s := range []State{Negative, Positive, Positive} {
		b.Add(row, 0, s)
	}
	b.Add(row, 1, Unknown)
	b.Add(row, 1, Negative)
	b.Add(row, 2, Unknown)
	var named []string
	b.OnConflict = func(image string, class int) { named = append(named, fmt.Sprint(image, class)) }
	set, err := b.Build(classesNamed("x", "y", "z"), Unknown)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "a +-?", "empty ???")
	if b.Duplicates != 1 || b.Conflicts != 2 || !slices.Equal(named, []string{"a0", "a1"}) {
		t.Errorf("duplicates %d, conflicts %d %v", b.Duplicates, b.Conflicts, named)
	}
}

func TestBuilderRefusesWhatIsOutOfRange(t *testing.T) {
	cases := map[string]func(b *Builder){
		"row 3":          func(b *Builder) { b.Add(3, 0, Positive) },
		"class number -": func(b *Builder) { b.Add(0, -1, Positive) },
		"state 2":        func(b *Builder) { b.Add(0, 0, 2) },
		"class number 5": func(b *Builder) { b.Add(0, 5, Positive) },
	}
	for want, add := range cases {
		var b Builder
		b.Image("a")
		add(&b)
		_, err := b.Build(classesNamed("x"), Unknown)
		wantError(t, err, want)
	}
	_, err := new(Builder).Build([]Class{{ID: "3", Name: "x"}, {ID: "7", Name: "x"}}, Unknown)
	wantError(t, err, `"x"`, `"3"`, `"7"`)
}

func TestFilterAndSelectKeepLabels(t *testing.T) {
	set := randomSet(t, 40, 5, Negative, 2)
	all := lines(set)
	kept := set.Filter(func(i int) bool { return i%3 != 0 })
	var want []string
	for i, l := range all {
		if i%3 != 0 {
			want = append(want, l)
		}
	}
	wantLines(t, kept, want...)
	picked, err := set.Select([]int{7, 2})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, picked, all[7], all[2])
	if i, ok := picked.Find("p2"); !ok || i != 1 {
		t.Errorf("Find(p2) = %d, %v", i, ok)
	}
	if _, ok := picked.Find("p3"); ok {
		t.Error("found an image that was not selected")
	}
	_, err = set.Select([]int{1, 1})
	wantError(t, err, `"p1" twice`)
	_, err = set.Select([]int{40})
	wantError(t, err, "40 of 40")
	if set.Equal(kept) || !set.Equal(set.Filter(func(int) bool { return true })) {
		t.Error("Equal is wrong")
	}
}

func TestStatsCountEveryCell(t *testing.T) {
	for _, absent := range []State{Unknown, Negative, Positive} {
		set := randomSet(t, 60, 7, absent, 3)
		want := Stats{Images: 60, Classes: make([]ClassCount, 7)}
		row := make([]int8, 7)
		for i := range set.Len() {
			set.Row(i, row)
			for c, v := range row {
				want.Classes[c].add(State(v), 1)
				want.Total.add(State(v), 1)
			}
		}
		got := set.Stats()
		if !slices.Equal(got.Classes, want.Classes) || got.Total != want.Total {
			t.Errorf("absent %v: %+v, want %+v", absent, got, want)
		}
		sum, positives := 0, 0
		for n, count := range got.Positives {
			sum += count
			positives += n * count
		}
		if sum != 60 || int64(positives) != want.Total.Positives {
			t.Errorf("histogram %v: %d images, %d positives", got.Positives, sum, positives)
		}
	}
	got := func() Stats { s, _ := mustParse(t, "a,x,1\na,y,0\nb,x,-1\n", Options{}); return s.Stats() }()
	if got.Unlabelled != 1 || got.AnnotatedShare() != 0.5 || got.LabelsPerImage() != 0.5 {
		t.Errorf("%+v share %v labels %v", got, got.AnnotatedShare(), got.LabelsPerImage())
	}
}
