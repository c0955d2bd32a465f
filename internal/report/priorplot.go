package report

// priorPlot has a row for each class: estimate with interval, count, mean score and truth on one scale.
type priorPlot struct {
	W, H, Left, Right, Bottom float64
	Ticks                     []tick
	Rows                      []priorMarks
	Legend                    bool
}

type priorMarks struct {
	Class     string
	Y         float64
	Low, High *float64 // ends of the interval
	Estimate  *float64
	Count     *float64
	Mean      *float64
	Truth     *float64
}

const (
	priorLeft, priorRight = 118.0, chartW - 14
	priorRowHeight        = 19.0
	longestPriorLabel     = 18 // characters
)

// plot draws classes in the given order; nil without any.
func (s *shares) plot(order []int) *priorPlot {
	if len(order) == 0 {
		return nil
	}
	x := axis{from: priorLeft, to: priorRight}
	for _, list := range [][]float64{s.estimate, s.high, s.count, s.mean, s.truth} {
		for _, c := range order {
			if list != nil && finite(list[c]) {
				x.hi = max(x.hi, list[c])
			}
		}
	}
	x.round()
	x.lo = 0
	p := &priorPlot{W: chartW, Left: priorLeft, Right: priorRight, Bottom: 6 + priorRowHeight*float64(len(order))}
	p.H = p.Bottom + 20
	p.Ticks = x.ticks("")
	for i, c := range order {
		at := func(list []float64) *float64 {
			if list == nil || !finite(list[c]) {
				return nil
			}
			v := x.place(list[c])
			return &v
		}
		p.Rows = append(p.Rows, priorMarks{
			Class: shorten(s.classes[c], longestPriorLabel), Y: 6 + priorRowHeight*(float64(i)+0.5),
			Low: at(s.low), High: at(s.high), Estimate: at(s.estimate), Count: at(s.count), Mean: at(s.mean), Truth: at(s.truth),
		})
	}
	return p
}
