package audit

import (
	"fmt"
	"strings"

	"csl/internal/audit/list"
	"csl/internal/labels"
)

// Strategy is a rule by which cells are chosen.
type Strategy string

// The strategies. What each ranks by is said in docs/active.md.
const (
	// Likely takes unknown cells, the most probably present first.
	Likely Strategy = "likely"
	// Wrong takes annotated cells, the most probably wrong first.
	Wrong Strategy = "wrong"
	// Unsure takes unknown cells by the entropy of their chance, weighted down by what is annotated of the class.
	Unsure Strategy = "uncertain"
	// Random takes unknown cells by lot.
	Random Strategy = "random"
	// Balanced takes the likeliest unknown cell of every class in turn, the class with the fewest positives first.
	Balanced Strategy = "balanced"
)

// Strategies are all of them, in the order in which help texts name them.
func Strategies() []Strategy { return []Strategy{Likely, Wrong, Unsure, Random, Balanced} }

// ParseStrategies reads names separated by commas.
func ParseStrategies(text string) ([]Strategy, error) {
	var out []Strategy
	for name := range strings.SplitSeq(text, ",") {
		s := Strategy(strings.TrimSpace(name))
		known := false
		for _, k := range Strategies() {
			known = known || k == s
		}
		if !known {
			return nil, fmt.Errorf("%q: must be some of likely, wrong, uncertain, random and balanced, separated by commas", name)
		}
		for _, earlier := range out {
			if earlier == s {
				return nil, fmt.Errorf("%q is named twice", name)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// reason is why a cell of the strategy is listed.
func (s Strategy) reason() list.Reason {
	switch s {
	case Wrong:
		return list.LikelyWrong
	case Unsure:
		return list.Uncertain
	case Random:
		return list.Random
	}
	return list.LikelyPresent
}

// asks tells whether the strategy asks about cells of this state.
func (s Strategy) asks(state labels.State) bool { return (state == labels.Unknown) != (s == Wrong) }
