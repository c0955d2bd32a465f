package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"csl/internal/metric"
	"csl/internal/progress"
	"csl/internal/rundir"
)

// Row is one run in the comparison. Metrics are in percent and those of the best weights, nil where
// the run was not validated.
type Row struct {
	Run     string `json:"run"`            // its folder
	Model   string `json:"model"`          // name of the architecture
	Mode    string `json:"mode"`           // the loss mode
	Seed    uint64 `json:"seed"`           // of the run
	Steps   int    `json:"steps"`          // optimizer steps done
	Epochs  int    `json:"epochs"`         // completed
	Planned int    `json:"planned_epochs"` // fewer completed: stopped early, interrupted, or still running
	// Monitor is the metric that chose the best weights, Best its value, BestEpoch (from 1) when and
	// Weights ("regular" or "ema") whose it was.
	Monitor    string   `json:"monitor"`
	Best       *float64 `json:"best"`
	BestEpoch  int      `json:"best_epoch"`
	Weights    string   `json:"weights"`
	MAPPartial *float64 `json:"map_partial"` // mAP(C) on annotated labels
	MAPO       *float64 `json:"map_o"`       // mAP(O) in percent; nil = undefined
	Seconds    float64  `json:"seconds"`     // wall time of training and validation
}

func (r *run) row() Row {
	s := r.bestScores()
	row := Row{
		Run: r.dir, Model: r.cfg.Model.Name, Mode: r.cfg.Loss.Mode, Seed: r.cfg.Train.Seed,
		Steps: r.steps(), Epochs: r.epochs(), Planned: r.planned(),
		Monitor: r.cfg.Train.Monitor, MAPPartial: s.MAPPartial, MAPO: s.MAPO, Seconds: r.seconds,
	}
	if r.best != nil {
		row.Best, row.BestEpoch, row.Weights = r.best.Best, r.best.Epoch+1, r.best.Source
	}
	return row
}

// WriteJSON prints the summary as one JSON object on a line.
func (s *Summary) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(s)
}

// WriteText prints the table for people; the best run has a star.
func (s *Summary) WriteText(w io.Writer) error {
	rows := [][]string{{"", "run", "mode", "seed", "epochs", "best", "weights", "mAP(C)", "mAP(O)", "time"}}
	for i, r := range s.Runs {
		mark := ""
		if i == s.Best && len(s.Runs) > 1 {
			mark = "*"
		}
		rows = append(rows, []string{
			mark, r.Run, r.Mode, strconv.FormatUint(r.Seed, 10), r.epochs(), r.best(), weightsName(r.Weights),
			metric.Percent(r.MAPPartial), metric.Percent(r.MAPO), clock(r.Seconds),
		})
	}
	text := align(rows, "lllrrllrrr")
	if len(s.Repeats) > 0 {
		rows = [][]string{{"mode", "seeds", "mAP(C)", "mAP(O)"}}
		for _, r := range s.Repeats {
			rows = append(rows, []string{r.Mode, strconv.Itoa(len(r.Seeds)), r.MAPPartial.String(), r.MAPO.String()})
		}
		text += "\nmean and standard deviation over seeds\n" + align(rows, "lrrr")
	}
	_, err := io.WriteString(w, text)
	return err
}

func (r Row) epochs() string { return fmt.Sprintf("%d/%d", r.Epochs, r.Planned) }

func (r Row) best() string {
	if r.Best == nil {
		return "-"
	}
	return fmt.Sprintf("%s %.2f", rundir.MetricName(r.Monitor), *r.Best)
}

// weightsName is a source of weights as people call it.
func weightsName(source string) string {
	switch source {
	case "":
		return "-"
	case rundir.EMA:
		return "EMA"
	}
	return source
}

func clock(seconds float64) string {
	if seconds <= 0 {
		return "-"
	}
	return progress.Duration(time.Duration(seconds * float64(time.Second)))
}

// align sets rows in columns, left or right as sides ("l", "r") says.
func align(rows [][]string, sides string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if sides[i] == 'r' {
				cell = pad + cell
			} else {
				cell += pad
			}
			if line += cell; i < len(row)-1 {
				line += "  "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
