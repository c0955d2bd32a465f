package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plain are inputs whose results can be computed in the head: 1 MB takes 1 ms.
func plain() inputs {
	return inputs{Ranks: []int{2, 4}, Gbit: []float64{8}, Goodput: 1, Latency: 0.5, BucketMB: 4}
}

func TestAnExchangeSendsWhatARingDoes(t *testing.T) {
	in := plain()
	for _, c := range []struct {
		n        int
		mb, want float64
	}{
		{2, 4, 2*1*0.5 + 4},
		{4, 4, 2*3*0.5 + 6},
		{4, 0.01, 3*0.5 + 0.03}, // small: everything to everyone, in one round
	} {
		if got := in.exchange(c.n, 8, c.mb); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d ranks, %g MB: %g, want %g", c.n, c.mb, got, c.want)
		}
	}
}

func TestTheBackwardPassHidesWhatFitsIntoIt(t *testing.T) {
	in := plain()
	w := work{Forward: 10, Backward: 20, GradientsMB: 8}
	// The first bucket, full in the middle, takes 5 ms of the other half; the second 5 ms after the end.
	if got := in.step(w, 2, 8); math.Abs(got-35) > 1e-9 {
		t.Errorf("%g", got)
	}
	w.CellsMB = []float64{0.01, 1} // waited for: 0.51 and 2 ms
	if got := in.step(w, 2, 8); math.Abs(got-37.51) > 1e-9 {
		t.Errorf("with a top-K: %g", got)
	}
	w = work{Forward: 10, Backward: 2, GradientsMB: 8} // the network is slower: 1 ms of computing, then 10 ms of exchange
	if got := in.step(w, 2, 8); math.Abs(got-21) > 1e-9 {
		t.Errorf("a slow network: %g", got)
	}
	if in.step(w, 1, 8) != 12 || in.efficiency(w, 1, 8) != 1 {
		t.Error("one rank exchanges something")
	}
}

const docs = "../../../docs"

func TestTheModelIsNearWhatWasMeasured(t *testing.T) {
	in, err := read(filepath.Join(docs, "distributed.json"))
	if err != nil || len(in.Checks) < 2 {
		t.Fatal(err, len(in.Checks))
	}
	for _, c := range in.Checks {
		if r := in.step(c.work, c.Ranks, c.Gbit) / c.Measured; r < 0.8 || r > 1.25 {
			t.Errorf("%s, %g Gbit/s: computed / measured is %.2f", c.Name, c.Gbit, r)
		}
	}
}

func TestTheDrawingOfTheDocsIsThatOfTheirInputs(t *testing.T) {
	want, err := os.ReadFile(filepath.Join(docs, "distributed.svg"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "d.svg")
	var out bytes.Buffer
	if err := run([]string{"-out", path, filepath.Join(docs, "distributed.json")}, &out); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("go run ./internal/tools/scaling -out docs/distributed.svg docs/distributed.json draws another one: %v", err)
	}
	for d := xml.NewDecoder(bytes.NewReader(got)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(filepath.Join(docs, "distributed.md"))
	if err != nil || !strings.Contains(string(page), out.String()) {
		t.Errorf("the page does not have this table (%v):\n%s", err, &out)
	}
}

func TestInputsThatCannotBeComputedAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"{": "unexpected EOF", `{"rank": 2}`: "unknown field", `{"ranks": [2], "gbit": [1], "cases": [{}], "goodput": 2, "bucket_mb": 4}`: "goodput must be",
	} {
		path := filepath.Join(t.TempDir(), "in.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run([]string{path}, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
