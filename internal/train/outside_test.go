package train

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/fixture"
)

// scoresOf are scores for the cells of a label file: 0.9 where it says present, 0.1 where absent.
func scoresOf(t *testing.T, labels string) string {
	t.Helper()
	text, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "\n")
	rows = strings.NewReplacer(",1\n", ",0.9\n", ",0\n", ",0.1\n").Replace(rows)
	return fixture.Write(t, filepath.Join(t.TempDir(), "scores.csv"), "image,label,score\n"+rows)
}

// learned are the weights that a run ended with.
func learned(t *testing.T, dir string) string {
	t.Helper()
	w := lasting(t, dir)["state/"+weightsFile]
	if w == "" {
		t.Fatal("no weights")
	}
	return w
}

func TestScoresAsLabelsTeachWhatThoseLabelsWould(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	plain := []string{"loss.mode=negative", "loss.topk=0"}
	run := func(more ...string) string {
		out := t.TempDir()
		j.must(t, d.Settings(out, append(plain, more...)...))
		return learned(t, out)
	}
	full := run("data.train.annotations=" + d.Full)
	if run() == full {
		t.Fatal("the labels that are hidden make no difference")
	}
	scores := "loss.scores=" + scoresOf(t, d.Full)
	if run(scores, "loss.scores_as=labels", "loss.scores_above=0.5", "loss.scores_below=0.5") != full {
		t.Error("scores of all cells as labels are not like the labels")
	}
	if !strings.Contains(j.log.String(), "unknown cells that count as annotated") {
		t.Errorf("log %s", j.log.String())
	}
	if run(scores, "loss.scores_as=labels", "loss.scores_above=0.95", "loss.scores_below=0.05") != run() {
		t.Error("scores between the thresholds change something")
	}
}

func TestScoresNeverChangeAnnotatedLabels(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	text, err := os.ReadFile(scoresOf(t, d.Full))
	if err != nil {
		t.Fatal(err)
	}
	lies := strings.NewReplacer(",0.9\n", ",0.1\n", ",0.1\n", ",0.9\n").Replace(string(text))
	scores := fixture.Write(t, filepath.Join(t.TempDir(), "lies.csv"), lies)
	a, b := t.TempDir(), t.TempDir()
	all := []string{"data.train.annotations=" + d.Full, "loss.mode=negative"}
	j.must(t, d.Settings(a, all...))
	j.must(t, d.Settings(b, append(all, "loss.scores="+scores, "loss.scores_as=labels", "loss.scores_above=0.5", "loss.scores_below=0.5")...))
	if learned(t, a) != learned(t, b) {
		t.Error("scores changed annotated labels")
	}
}

func TestScoresAsLikelihoodDecideWhatTopKDrops(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	text, err := os.ReadFile(scoresOf(t, d.Full))
	if err != nil {
		t.Fatal(err)
	}
	var red []string // one class only: the budget takes all of its unknown cells
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "score") || strings.Contains(line, ",red,") {
			red = append(red, line)
		}
	}
	scores := fixture.Write(t, filepath.Join(t.TempDir(), "red.csv"), strings.Join(red, ""))
	prior := fixture.Write(t, filepath.Join(t.TempDir(), "prior.csv"), "Classes,avg_pred\nred,0.9\ngreen,0\nblue,0\ndark,0\n")
	byScore, byGate, both := t.TempDir(), t.TempDir(), t.TempDir()
	selective := []string{"loss.mode=selective", "prior.threshold=0.5"}
	j.must(t, d.Settings(byScore, append(selective, "loss.topk=1", "loss.scores="+scores)...))
	j.must(t, d.Settings(byGate, append(selective, "loss.topk=0", "prior.path="+prior)...))
	j.must(t, d.Settings(both, append(selective, "loss.topk=1", "loss.scores="+scores, "prior.path="+prior)...))
	if learned(t, byScore) != learned(t, byGate) || learned(t, both) != learned(t, byGate) {
		t.Error("scores of one class do not drop what a gate of that class drops")
	}
	for dir, want := range map[string]string{
		byScore: `"dropped_prior":0,"dropped_topk":0.`, byGate: `"dropped_topk":0,`, both: `"dropped_prior":0.`,
	} {
		if m := lasting(t, dir)["metrics.jsonl"]; !strings.Contains(m, want) {
			t.Errorf("metrics %s have no %s", m, want)
		}
	}
}

func TestScoresOfImagesThatAreHeldOutAreLeftAlone(t *testing.T) {
	d, j, out := fixture.Make(t, 12, 0), newJob(t), t.TempDir()
	j.must(t, d.Settings(out, "data.val.annotations=", "data.val.split=0.5", "loss.mode=negative",
		"loss.scores="+scoresOf(t, d.Full), "loss.scores_as=labels", "loss.scores_above=0.5"))
}

func TestARunWithScoresGoesOnToTheSameEndAndNotWithOtherScores(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	undisturbed, out, scores := t.TempDir(), t.TempDir(), scoresOf(t, d.Full)
	settings := []string{"loss.topk=1", "loss.scores=" + scores}
	j.must(t, d.Settings(undisturbed, settings...))
	if err := j.interrupt(t, d.Settings(out, settings...), &canceller{steps: 2}); err == nil {
		t.Fatal("not interrupted")
	}
	j.resume, j.ctx = true, context.Background()
	swap(t, scores, ",0.1\n", ",0.2\n")
	if _, err := j.run(t, d.Settings(out, settings...)); err == nil || !strings.Contains(err.Error(), "the content of loss.scores") {
		t.Errorf("other scores: %v", err)
	}
	swap(t, scores, ",0.2\n", ",0.1\n")
	j.must(t, d.Settings(out, settings...))
	same(t, "resumed", lasting(t, out), lasting(t, undisturbed))
}

func TestWrongScoresAreSaidBeforeTheRun(t *testing.T) {
	d, j := fixture.Make(t, 4, 2), newJob(t)
	for text, want := range map[string]string{
		"nothing.jpg,red,0.5\n":         "none of its 1 rows",
		d.Images[0] + ",red,17\n":       `line 1: score "17"`,
		"":                              "the file is empty",
		d.Images[0] + ",red,0.5\na,b\n": "line 2: 2 fields",
	} {
		out := filepath.Join(t.TempDir(), "run")
		scores := fixture.Write(t, filepath.Join(t.TempDir(), "scores.csv"), text)
		if _, err := j.run(t, d.Settings(out, "loss.scores="+scores)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if files, _ := os.ReadDir(out); slices.ContainsFunc(files, func(e os.DirEntry) bool { return e.Name() == "last" }) {
			t.Errorf("%q: a run began", text)
		}
	}
}
