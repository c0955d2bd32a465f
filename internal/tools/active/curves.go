package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"
)

// curve is the score of a strategy by number of answers.
type curve struct {
	strategy string
	points   []point // by rising number of answers
}

// point are the scores of the seeds after so many answers.
type point struct {
	answers int
	scores  []float64
}

func (p *point) mean() float64 {
	sum := 0.0
	for _, v := range p.scores {
		sum += v
	}
	return sum / float64(len(p.scores))
}

// readCurves reads rows strategy,seed,answers,map_partial with a header.
func readCurves(path string) ([]curve, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	var curves []curve
	for i, row := range rows {
		if i == 0 {
			continue
		}
		if len(row) < 4 {
			return nil, fmt.Errorf("read %q line %d: want strategy,seed,answers,map_partial", path, i+1)
		}
		answers, err := strconv.Atoi(row[2])
		score, err2 := strconv.ParseFloat(row[3], 64)
		if err != nil || err2 != nil {
			return nil, fmt.Errorf("read %q line %d: %q: want numbers of answers and score", path, i+1, row)
		}
		c := slices.IndexFunc(curves, func(c curve) bool { return c.strategy == row[0] })
		if c < 0 {
			c = len(curves)
			curves = append(curves, curve{strategy: row[0]})
		}
		curves[c].add(answers, score)
	}
	if len(curves) == 0 {
		return nil, fmt.Errorf("read %q: no rows", path)
	}
	return curves, nil
}

func (c *curve) add(answers int, score float64) {
	i, found := slices.BinarySearchFunc(c.points, answers, func(p point, n int) int { return p.answers - n })
	if !found {
		c.points = slices.Insert(c.points, i, point{answers: answers})
	}
	c.points[i].scores = append(c.points[i].scores, score)
}

// table prints mean, least and largest score.
func table(out io.Writer, curves []curve) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "strategy\tanswers\tmAP(C)\tleast\tlargest\tseeds")
	for _, c := range curves {
		for _, p := range c.points {
			fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.2f\t%d\n", c.strategy, p.answers, p.mean(), slices.Min(p.scores), slices.Max(p.scores), len(p.scores))
		}
	}
	return w.Flush()
}
