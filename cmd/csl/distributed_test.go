package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"csl/internal/dist"
)

func TestRanksNeedALauncherAndAProgramWithMPI(t *testing.T) {
	two, one := dist.Launch{By: "PMI_SIZE", Rank: 1, Size: 2}, dist.Launch{By: "PMI_SIZE", Size: 1}
	for name, c := range map[string]struct {
		way             string
		launch          dist.Launch
		launched, built bool
		want            string
	}{
		"alone":                              {way: "auto"},
		"alone, MPI asked for":               {way: "mpi", built: true, want: "no launcher in the environment"},
		"ranks":                              {way: "auto", launch: two, launched: true, built: true},
		"ranks of a program without MPI":     {way: "auto", launch: two, launched: true, want: "PMI_SIZE says that this is rank 1 of 2, but this csl is built without MPI: start csl-mpi instead"},
		"an unknown number of them":          {way: "auto", launch: dist.Launch{By: "PMIX_RANK"}, launched: true, want: "rank 0 of several"},
		"one rank of a program without MPI":  {way: "auto", launch: one, launched: true},
		"one rank, MPI asked for":            {way: "mpi", launch: one, launched: true, want: "csl-mpi"},
		"independent processes under mpirun": {way: "off", launch: two, launched: true},
		"a way that does not exist":          {way: "ring", want: `--distributed "ring": must be auto, off or mpi`},
	} {
		err := checkLaunch(c.way, c.launch, c.launched, c.built)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestRanksThatAreNotBoundDivideTheProcessors(t *testing.T) {
	env := map[string]string{}
	get := func(name string) string { return env[name] }
	if n := threadsHere(get, 16, 16); n != 16 {
		t.Errorf("without a launcher: %d threads", n)
	}
	env = map[string]string{"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_LOCAL_SIZE": "3"}
	for _, c := range []struct{ usable, processors, want int }{{16, 16, 5}, {4, 16, 4}, {2, 2, 1}} {
		if n := threadsHere(get, c.usable, c.processors); n != c.want {
			t.Errorf("%d of %d processors for a rank of 3: %d threads, want %d", c.usable, c.processors, n, c.want)
		}
	}
	if processors() < 1 {
		t.Error("a machine without processors")
	}
}

func TestTimeoutOfRanksIsADuration(t *testing.T) {
	for _, text := range []string{"10", "-3s", "0s", "soon"} {
		if _, err := durationFrom("CSL_MPI_TIMEOUT", text, time.Minute, time.Second); err == nil || !strings.Contains(err.Error(), "CSL_MPI_TIMEOUT") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if d, err := durationFrom("CSL_MPI_TIMEOUT", "90s", time.Minute, time.Second); err != nil || d.Seconds() != 90 {
		t.Error(d, err)
	}
}

func TestSilenceOfRanksIsADurationOrNone(t *testing.T) {
	for text, want := range map[string]time.Duration{"": dist.DefaultSilence, "0": 0, "0s": 0, "1s": time.Second, "2m": 2 * time.Minute} {
		if d, err := silenceFrom(text); err != nil || d != want {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"5ns", "-1s", "6", "soon"} {
		if _, err := silenceFrom(text); err == nil || !strings.Contains(err.Error(), "at least 1s") || !strings.Contains(err.Error(), "or 0") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestACommandThatSharesNothingIsRefusedUnderALauncher(t *testing.T) {
	for name, c := range map[string]struct {
		env    map[string]string
		want   string
		silent bool
	}{
		"alone":       {nil, "", false},
		"one rank":    {map[string]string{"OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"}, "", false},
		"first of 2":  {map[string]string{"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}, "rank 0 of 2, but csl sweep does not share its work", false},
		"second of 2": {map[string]string{"PMI_SIZE": "2", "PMI_RANK": "1"}, "rank 1 of 2", true},
	} {
		s := &streams{err: os.Stderr}
		err := s.alone(func(name string) string { return c.env[name] }, "csl sweep", "--jobs")
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || (s.err == io.Discard) != c.silent {
			t.Errorf("%s: %v, silent %v", name, err, s.err == io.Discard)
		}
	}
}
