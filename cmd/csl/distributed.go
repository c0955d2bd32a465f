package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"csl/internal/dist"
	"csl/internal/dist/mpi"
	"csl/internal/printable"
	"csl/internal/progress"

	"github.com/spf13/cobra"
)

// The ways of --distributed.
const (
	distributedAuto = "auto"
	distributedOff  = "off"
	distributedMPI  = "mpi"
)

// Environment variables of this program beside those of launchers.
const (
	mpiLibraryVariable = "CSL_MPI_LIBRARY" // see mpi.Options
	mpiTimeoutVariable = "CSL_MPI_TIMEOUT" // a duration
	silenceVariable    = "CSL_MPI_SILENCE" // a duration; 0: do not watch
)

// bindDistributed adds --distributed to a command that can share its work with other ranks.
func bindDistributed(cmd *cobra.Command, way *string) {
	cmd.Flags().StringVar(way, "distributed", distributedAuto,
		"share the work with the other ranks: auto = if mpirun or srun started several, off, mpi = fail without a launcher")
	// An error would mean that the flag does not exist.
	_ = cmd.RegisterFlagCompletionFunc("distributed", cobra.FixedCompletions([]string{distributedAuto, distributedOff, distributedMPI}, cobra.ShellCompDirectiveNoFileComp))
}

// join joins the ranks that a launcher started; without one it gives a group of one. From then on an
// error of the command ends all ranks, until leave.
func (s *streams) join(way string) (dist.Group, error) {
	launch, launched, err := dist.FromEnvironment(os.Getenv)
	if err == nil {
		err = checkLaunch(way, launch, launched, mpi.Built)
	}
	if err != nil {
		if launch.Rank > 0 {
			s.err = io.Discard // all ranks find the same; rank 0 says it
		}
		return nil, err
	}
	if way == distributedOff || !launched || launch.Size == 1 && way == distributedAuto {
		return dist.Single(), nil
	}
	timeout, err := durationFrom(mpiTimeoutVariable, os.Getenv(mpiTimeoutVariable), mpi.DefaultTimeout, time.Second)
	if err != nil {
		return nil, err
	}
	silence, err := silenceFrom(os.Getenv(silenceVariable))
	if err != nil {
		return nil, err
	}
	g, err := mpi.Join(mpi.Options{Library: os.Getenv(mpiLibraryVariable), Timeout: timeout})
	if err != nil {
		return nil, fmt.Errorf("rank %d: %w", launch.Rank, err)
	}
	if launch.Size > 0 && (g.Size() != launch.Size || g.Rank() != launch.Rank) {
		return nil, fmt.Errorf("the launcher started %d ranks, of which this is %d, but the MPI library sees %d, of which this is %d: it does not belong to the launcher; name the one that does in %s",
			launch.Size, launch.Rank, g.Size(), g.Rank(), mpiLibraryVariable)
	}
	s.group, s.joined = g, time.Now()
	runtime.GOMAXPROCS(s.global.threads + 1) // one more, so that communication never waits for a computation to end
	if g.Rank() > 0 {
		s.mute()
	}
	return g, s.watch(g, silence)
}

// watch has ranks on several machines hear of each other, so that a cut network ends all.
func (s *streams) watch(g dist.Group, silence time.Duration) error {
	stop, unwatched, err := dist.StartHeartbeat(g, dist.Heartbeat{Silence: silence, Lost: func(rank int, host string, silence time.Duration) {
		g.Forsake(exitFailure, fmt.Sprintf("rank %d on %s has not been heard of for %v: its machine or the network is down (%s); a training resumes from its last save",
			rank, printable.Line(host), silence, silenceVariable))
	}})
	if err != nil {
		return err
	}
	s.unwatch = stop
	for _, why := range unwatched {
		s.log().Warn("a cut network will show late, as ranks cannot watch each other: " + printable.Line(why))
	}
	return nil
}

// alone refuses a command that does not share its work with other ranks, if a launcher started several: each would do the same.
func (s *streams) alone(getenv func(string) string, command, instead string) error {
	launch, launched, err := dist.FromEnvironment(getenv)
	if err != nil || !launched || launch.Size == 1 {
		return err
	}
	if launch.Rank > 0 {
		s.err = io.Discard // rank 0 says it
	}
	return usagef("%s says that this is rank %d of %s, but %s does not share its work with other ranks: start it without the launcher; %s",
		launch.By, launch.Rank, sizeText(launch.Size), command, instead)
}

// leave ends the work in common. All ranks call it, when their results are equal: what fails
// later is rank 0's alone.
func (s *streams) leave() error {
	if s.group == nil {
		return nil
	}
	g := s.group
	s.group = nil
	s.log().Info(trafficLine(g, time.Since(s.joined)))
	if g.Rank() > 0 {
		s.err = io.Discard // what ended the work has been said by rank 0
	}
	if s.unwatch != nil {
		s.unwatch()
	}
	return g.Close()
}

// abort ends all ranks because of an error of this one.
func (s *streams) abort(code int, err error) {
	if s.group != nil {
		s.group.Abort(code, printable.Line(oneLine(err)))
	}
}

// trafficLine says how much of the time the ranks spent on each other.
func trafficLine(g dist.Group, elapsed time.Duration) string {
	t := g.Traffic()
	return fmt.Sprintf("%d ranks: each sent %.1f MB in %d calls; they took %.1f s, of which %.1f s (%.1f%% of the time) were waited for",
		g.Size(), float64(t.Bytes)/1e6, t.Calls, t.Busy.Seconds(), t.Wait.Seconds(), 100*t.Wait.Seconds()/max(elapsed.Seconds(), 1e-9))
}

// mute leaves results and messages to rank 0. Errors are not among them.
func (s *streams) mute() {
	s.out, s.raw, s.outTTY, s.errTTY = io.Discard, io.Discard, false, false
	s.display = progress.New(progress.Options{Out: io.Discard})
}

// checkLaunch refuses what cannot work: ranks without a launcher, ranks of a program without MPI.
func checkLaunch(way string, l dist.Launch, launched, built bool) error {
	switch way {
	case distributedAuto, distributedOff, distributedMPI:
	default:
		return usagef("--distributed %q: must be auto, off or mpi", way)
	}
	switch {
	case way == distributedOff:
		return nil
	case way == distributedMPI && !launched:
		return usagef("--distributed mpi: no launcher in the environment; start csl-mpi with mpirun or srun --mpi=pmix")
	case !built && launched && (l.Size != 1 || way == distributedMPI):
		return usagef("%s says that this is rank %d of %s, but this csl is built without MPI: start csl-mpi instead (make build-mpi), or independent processes with --distributed off",
			l.By, l.Rank, sizeText(l.Size))
	}
	return nil
}

func sizeText(n int) string {
	if n == 0 {
		return "several"
	}
	return fmt.Sprint(n)
}

// durationFrom is the duration that is the text of an environment variable, which must be at least that long.
func durationFrom(variable, text string, otherwise, least time.Duration) (time.Duration, error) {
	if text == "" {
		return otherwise, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least {
		return 0, fmt.Errorf("environment: %s=%q: must be a duration of at least %v, such as 90s or 15m", variable, text, least)
	}
	return d, nil
}

// silenceFrom is how long ranks may say nothing; 0 where they do not watch each other.
func silenceFrom(text string) (time.Duration, error) {
	if d, err := time.ParseDuration(text); err == nil && d == 0 {
		return 0, nil
	}
	d, err := durationFrom(silenceVariable, text, dist.DefaultSilence, dist.LeastSilence)
	if err != nil {
		err = fmt.Errorf("%w, or 0 (ranks do not watch each other)", err)
	}
	return d, err
}

// programDigest identifies this program: the digest of its file.
func programDigest() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("digest of %s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sameOnAllRanks fails on all ranks unless they run the same program on the same input, which is called name.
func sameOnAllRanks(g dist.Group, name, input string) error {
	if g.Size() == 1 {
		return nil
	}
	program, err := programDigest()
	if err != nil {
		return err
	}
	if err := dist.Agree(g, "the program", []byte(program)); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(input))
	return dist.Agree(g, name, sum[:])
}

// threadsHere is the default of --threads: all processors that this process may use. Ranks on one
// machine that the launcher did not bind to processors divide them.
func threadsHere(getenv func(string) string, usable, processors int) int {
	l, launched, err := dist.FromEnvironment(getenv)
	if err != nil || !launched || usable < processors { // an error is reported by the commands that join
		return usable
	}
	return max(1, usable/cmp.Or(l.Here, 1))
}

// processors are those of this machine, whether this process may use them or not.
func processors() int {
	text, err := os.ReadFile("/sys/devices/system/cpu/online") // "0-7" or "0,2-5"; Linux only
	if err != nil {
		return runtime.NumCPU()
	}
	n := 0
	for _, r := range strings.Split(strings.TrimSpace(string(text)), ",") {
		first, last, isRange := strings.Cut(r, "-")
		if !isRange {
			last = first
		}
		a, err := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil {
			return runtime.NumCPU()
		}
		n += b - a + 1
	}
	return n
}
