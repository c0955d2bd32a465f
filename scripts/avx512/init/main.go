//go:build linux

// Command init is the first and only process of the machine that scripts/avx512/run.sh emulates. It runs one
// program on the serial line, says there how the program ended, and switches the machine off.
//
// What to run is in files the script puts beside it: /run/args and /run/env (strings that end with a zero
// byte, as in /proc/self/cmdline; the first argument is the program) and /run/dir, the folder to start in.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// exitLine begins the line that tells run.sh how the program ended.
const exitLine = "csl-avx512: exit status"

func main() {
	tty, err := console()
	if err != nil {
		fmt.Println("csl-avx512: the emulated machine has no serial line:", err)
		switchOff()
	}
	status, err := run(tty)
	if err != nil {
		fmt.Fprintln(tty, "csl-avx512:", err)
	}
	fmt.Fprintf(tty, "\n%s %d\n", exitLine, status)
	drain(tty)
	switchOff()
}

// console mounts the file systems that a Go program may ask for and opens the serial line.
func console() (*os.File, error) {
	for _, m := range []struct{ kind, at string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}} {
		if err := syscall.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			return nil, fmt.Errorf("mount %s on %s: %w", m.kind, m.at, err)
		}
	}
	return os.OpenFile("/dev/ttyS0", os.O_RDWR, 0)
}

// run runs the program and returns its exit status, in the manner of a shell: 128 + n after signal n.
func run(tty *os.File) (int, error) {
	if err := wantsAVX512(); err != nil {
		return 1, err
	}
	args, err := stringsOf("/run/args")
	if err != nil {
		return 1, err
	}
	env, err := stringsOf("/run/env")
	if err != nil {
		return 1, err
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = "/run/dir", env
	cmd.Stdout, cmd.Stderr = tty, tty
	err = cmd.Run()
	if cmd.ProcessState == nil {
		return 1, fmt.Errorf("start the program (is it static, CGO_ENABLED=0, for linux/amd64?): %w", err)
	}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// wantsAVX512 fails where the kernel did not switch AVX-512 on, since the program would then quietly run, and
// test, something else.
func wantsAVX512() error {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, flag := range strings.Fields(string(info)) {
		have[flag] = true
	}
	for _, flag := range []string{"avx512f", "avx512dq", "avx512bw", "avx512vl"} {
		if !have[flag] {
			return fmt.Errorf("the emulated machine lacks %s", flag)
		}
	}
	return nil
}

// stringsOf reads strings that each end with a zero byte.
func stringsOf(file string) ([]string, error) {
	b, err := os.ReadFile(file)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00"), nil
}

// drain waits until the serial line has sent everything (tcdrain).
func drain(tty *os.File) {
	const tcsbrk = 0x5409
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, tty.Fd(), tcsbrk, 1); e != 0 {
		time.Sleep(time.Second) // longer than the line's buffer lasts
	}
}

// switchOff ends the emulation; it does not return.
func switchOff() {
	err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
	fmt.Println("csl-avx512: cannot switch off:", err)
	select {}
}
