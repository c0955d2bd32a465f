package progress

import (
	"fmt"
	"math"
	"time"
)

// memory is how far back, roughly, the rate looks.
const memory = 20 * time.Second

// rate is an exponentially weighted mean of units per second.
type rate struct {
	at     time.Time // of the last sample
	done   int64     // at that time
	mean   float64   // weighted sum of samples
	weight float64   // sum of the weights
}

// update takes a sample: done units at time now.
func (r *rate) update(done int64, now time.Time) {
	dt := now.Sub(r.at)
	if dt <= 0 || done == r.done { // the share of a unit that is done is not known
		return
	}
	keep := math.Exp(-dt.Seconds() / memory.Seconds())
	r.mean = keep*r.mean + (1-keep)*float64(done-r.done)/dt.Seconds()
	r.weight = keep*r.weight + 1 - keep
	r.at, r.done = now, done
}

func (r *rate) known() bool { return r.weight > 0 && r.mean > 0 }

// perSecond is the mean; only valid if known.
func (r *rate) perSecond() float64 { return r.mean / r.weight }

// left is the time the rest will take at the present rate.
func (t *Task) left() (time.Duration, bool) {
	if t.total <= 0 || !t.rate.known() {
		return 0, false
	}
	s := float64(max(t.total-t.done, 0)) / t.rate.perSecond()
	if s > math.MaxInt64/1e10 {
		return 0, false
	}
	return time.Duration(s * float64(time.Second)), true
}

// rateText is the rate with its unit; slow work is told per minute or hour.
func (t *Task) rateText() string {
	r, per := t.rate.perSecond(), "s"
	switch {
	case r < 1.0/60:
		r, per = r*3600, "h"
	case r < 0.2:
		r, per = r*60, "min"
	}
	return fmt.Sprintf("%s %s/%s", significant(r), t.unit, per)
}

// significant writes x with two or three digits that matter.
func significant(x float64) string {
	switch {
	case x >= 99.5:
		return fmt.Sprintf("%.0f", x)
	case x >= 9.95:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

// Duration writes d as people say it: 8s, 4m05s, 3h02m, 2d04h. Below ten seconds it gives tenths.
func Duration(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	if d < 9950*time.Millisecond {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 24*3600:
		return fmt.Sprintf("%dh%02dm", s/3600, s%3600/60)
	default:
		return fmt.Sprintf("%dd%02dh", s/86400, s%86400/3600)
	}
}
