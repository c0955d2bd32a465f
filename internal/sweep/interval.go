package sweep

import (
	"math"

	"csl/internal/metric"
)

// Spread is how a score came out over the seeds, in percent.
type Spread struct {
	Mean *float64 `json:"mean"` // nil where a run's score is undefined, and without runs
	SD   *float64 `json:"sd"`   // standard deviation of the sample; nil with fewer than two runs
}

// spreadOf is the spread of scores; without a mean if one is undefined.
func spreadOf(values []*float64) Spread {
	mean, ok := meanOf(values)
	if !ok {
		return Spread{}
	}
	s := Spread{Mean: &mean}
	if len(values) > 1 {
		sd := deviation(values, mean)
		s.SD = &sd
	}
	return s
}

// meanOf is the mean; ok is false without values, or if one is nil.
func meanOf(values []*float64) (mean float64, ok bool) {
	for _, v := range values {
		if v == nil {
			return 0, false
		}
		mean += *v
	}
	return mean / float64(len(values)), len(values) > 0
}

// deviation is the standard deviation of a sample of at least two.
func deviation(values []*float64, mean float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += (*v - mean) * (*v - mean)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}

// overSeeds is the 95 % interval of the mean of paired differences by Student's t; nil with fewer than two.
func overSeeds(differences []*float64) *metric.Interval {
	mean, ok := meanOf(differences)
	n := len(differences)
	if !ok || n < 2 {
		return nil
	}
	half := studentT(n-1) * deviation(differences, mean) / math.Sqrt(float64(n))
	return &metric.Interval{Low: mean - half, High: mean + half}
}

// studentT is the 0.975 quantile of Student's t distribution with that many degrees of freedom, at least 1: the root
// of its distribution function, by bisection.
func studentT(df int) float64 {
	low, high := 1.9, 13.0
	for range 100 {
		mid := (low + high) / 2
		if upperTail(mid, df) > 0.025 {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// upperTail is the chance that t with df degrees of freedom exceeds x > 0 (Abramowitz and Stegun, 26.7.3 and 26.7.4).
func upperTail(x float64, df int) float64 {
	theta := math.Atan(x / math.Sqrt(float64(df)))
	cos2 := math.Cos(theta) * math.Cos(theta)
	inside := 0.0
	if df%2 == 1 {
		term := math.Cos(theta)
		sum := 0.0
		for k := 3; k <= df; k += 2 {
			sum += term
			term *= cos2 * float64(k-1) / float64(k)
		}
		inside = 2 / math.Pi * (theta + math.Sin(theta)*sum)
	} else {
		term, sum := 1.0, 0.0
		for k := 2; k <= df; k += 2 {
			sum += term
			term *= cos2 * float64(k-1) / float64(k)
		}
		inside = math.Sin(theta) * sum
	}
	return (1 - inside) / 2
}

// overImages is the 95 % interval of a mean difference over the draws of the test images, in which all runs are
// paired; a and b have the draws of each seed's run. It is nil where a run has no draws.
func overImages(a, b [][]*float64) *metric.Interval {
	if len(a) == 0 || len(a[0]) == 0 {
		return nil
	}
	means := make([]*float64, len(a[0]))
	for i := range means {
		var differences []*float64
		for k := range a {
			if i >= len(a[k]) || i >= len(b[k]) {
				return nil
			}
			differences = append(differences, minus(a[k][i], b[k][i]))
		}
		if mean, ok := meanOf(differences); ok {
			means[i] = &mean
		}
	}
	return metric.Percentiles(means)
}

// minus is a - b; nil if one is.
func minus(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	d := *a - *b
	return &d
}
