//go:build long && linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// script runs one of the repository's scripts, which need root.
func script(t *testing.T, env []string, name string, args ...string) (out string, err error) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("the long tests of clusters need root: they start Slurm's daemons and make network namespaces")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join("..", "..", "scripts", name), args...)
	cmd.Env = append(os.Environ(), env...)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

func TestSlurmRunsRanksAndJobArrays(t *testing.T) {
	b := newBench(t)
	deploy, err := filepath.Abs("../../deploy")
	if err != nil {
		t.Fatal(err)
	}
	small := filepath.Join(b.dir, "slurm.sh") // the resources of one small node
	text, err := os.ReadFile(filepath.Join(deploy, "slurm.sh"))
	if err != nil {
		t.Fatal(err)
	}
	fits := strings.NewReplacer("--nodes=2", "--nodes=1", "--ntasks-per-node=2", "--ntasks=2", "--cpus-per-task=16", "--cpus-per-task=1")
	if err := os.WriteFile(small, []byte(fits.Replace(string(text))), 0o755); err != nil {
		t.Fatal(err)
	}
	commands := strings.Join([]string{
		"set -e",
		"sbatch --wait -o job.out slurm.sh c.yaml run -q",
		"sbatch --wait --array=0-2 --cpus-per-task=1 -o array.out " + deploy + "/slurm_infer.sh run/best.safetensors data/val2014 tags",
		"cat tags/part-*.jsonl > tags.jsonl",
		`"$CSL" infer -q --model_path run/best.safetensors --format json data/val2014 > alone.jsonl`,
		"cmp tags.jsonl alone.jsonl",
		"CSL_MPI_LIBRARY=libmpich.so.12 srun -n 2 --overcommit --mpi=pmi2 $CSL train -q --config c.yaml --out mpich",
		"cmp run/best.safetensors mpich/best.safetensors",
	}, "\n")
	if out, err := script(t, []string{"CSL=" + b.program}, "slurm_one_node.sh", "sh", "-c", fmt.Sprintf("cd %s\n%s", b.dir, commands)); err != nil {
		job, _ := os.ReadFile(filepath.Join(b.dir, "job.out"))
		t.Fatalf("%v: %s\n%s", err, out, job)
	}
}

func TestTwoHostsTrainOverTCP(t *testing.T) {
	b := newBench(t)
	_, want := b.train(t, openMPI(), 2, "here")
	out := filepath.Join(b.dir, "there")
	if text, err := script(t, nil, "two_hosts.sh", b.program, "train", "-q", "--config", b.config, "--out", out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if got, err := os.ReadFile(filepath.Join(out, "best.safetensors")); err != nil || string(got) != string(want) {
		t.Errorf("the bits differ from those of one host: %v", err)
	}

	out = filepath.Join(b.dir, "cut")
	text, err := script(t, nil, "two_hosts.sh", "--cut", "10", b.program, "train", "-q", "--config", b.config, "--out", out, "--set", "schedule.epochs=5000")
	own := regexp.MustCompile(`(?m)^csl: rank 0 of 2 on host-a: rank 1 on host-b has not been heard of for 6s`).FindAllString(text, -1)
	after := regexp.MustCompile(`all ended ([0-9.]+) s after that`).FindStringSubmatch(text)
	if err == nil || after == nil || len(own) != 1 {
		t.Fatalf("cut off: %v: %s", err, text)
	}
	if seconds, err := strconv.ParseFloat(after[1], 64); err != nil || seconds > 10 {
		t.Errorf("cut off: ended after %s s: %s", after[1], text)
	}
	if code, stderr := b.start(t, openMPI(), 1, "train", "-q", "--resume", out, "--set", "schedule.epochs=5000").endBySignal(out); code != 130 {
		t.Errorf("resumed: code %d: %s", code, stderr)
	}
}
