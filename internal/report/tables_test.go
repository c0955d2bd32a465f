package report

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestThePageOfTablesHasEveryCellAndInterval(t *testing.T) {
	none := math.NaN()
	var b bytes.Buffer
	err := WriteTables(&b, &Tables{
		Title: "a <sweep>", Version: "csl 1", Lead: "lead", Notes: []string{"note"},
		Sections: []Section{{
			Title: "fpc", Text: "text",
			Tables: []DataTable{{Title: "scores", Head: []string{"variant", "mAP(C)"}, Rows: [][]string{{"one", "41.00"}}, Bars: []float64{41}}},
			Intervals: []Intervals{{Title: "difference", Note: "in mAP(C)", Rows: []Whisker{
				{Name: "two", Value: 1.5, Low: [2]float64{-1, none}, High: [2]float64{4, none}}, {Name: "three", Low: [2]float64{none, none}, High: [2]float64{none, none}},
			}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"a &lt;sweep&gt;", "lead", "note", "fpc", ">41.00<", "--w:41.0%", "&#43;1.50", "M170 16H500", `text-anchor="start">-1.0<`, `text-anchor="end">&#43;4.0<`, "csl 1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "http:") || strings.Contains(page, "https:") {
		t.Error("the page has NaN or asks the network")
	}
	if n := strings.Count(page, `class="stroke"`); n != 1 {
		t.Errorf("%d intervals drawn, want 1", n)
	}
}
