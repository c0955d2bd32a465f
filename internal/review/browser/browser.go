// Package browser drives a headless Chromium for tests, through the DevTools protocol over a pipe
// (https://chromedevtools.github.io/devtools-protocol/). What pages are to do does not belong here. Nothing but tests may
// import it.
package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// patience is how long one command may take.
const patience = 30 * time.Second

// Find is the path of Chromium; "" where none is installed. CSL_CHROMIUM names one elsewhere.
func Find() string {
	if path := os.Getenv("CSL_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Browser is a running Chromium.
type Browser struct {
	out *os.File

	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
	gone    error // why no more replies come
}

// reply is a message of Chromium: the answer to a command, or an event.
type reply struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Start starts Chromium, which ends with the test.
func Start(t testing.TB, path string) *Browser {
	t.Helper()
	theirIn, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // which Chromium knows as 3 and 4
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	b := &Browser{out: out, waiting: map[int]chan reply{}}
	go b.listen(in)
	t.Cleanup(func() {
		_ = b.call("", "Browser.close", nil, nil) // it may be gone before it answers
		kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		kill.Stop()
		_ = out.Close()
		if t.Failed() {
			t.Logf("Chromium: %.2000s", stderr.String())
		}
	})
	return b
}

// listen hands replies to those who wait for them.
func (b *Browser) listen(in *os.File) {
	r := bufio.NewReader(in)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			b.gone = fmt.Errorf("the browser is gone: %w", err)
			for _, c := range b.waiting {
				close(c)
			}
			b.waiting = map[int]chan reply{}
			b.mu.Unlock()
			return
		}
		var m reply
		if json.Unmarshal(text[:len(text)-1], &m) != nil || m.ID == 0 {
			continue // events are not asked for
		}
		b.mu.Lock()
		if c := b.waiting[m.ID]; c != nil {
			c <- m
			delete(b.waiting, m.ID)
		}
		b.mu.Unlock()
	}
}

// call sends a command and waits for its result.
func (b *Browser) call(session, method string, params, result any) error {
	c := make(chan reply, 1)
	b.mu.Lock()
	b.next++
	id := b.next
	message := map[string]any{"id": id, "method": method}
	if params != nil {
		message["params"] = params
	}
	if session != "" {
		message["sessionId"] = session
	}
	text, err := json.Marshal(message)
	if err == nil && b.gone != nil {
		err = b.gone
	}
	if err == nil {
		b.waiting[id] = c
		_, err = b.out.Write(append(text, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case m, ok := <-c:
		switch {
		case !ok:
			return b.gone
		case m.Error != nil:
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		case result != nil:
			return json.Unmarshal(m.Result, result)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer after %v", method, patience)
	}
}

// Missing ends a test that needs Chromium where none is installed: it fails where needed says that it has to run, and else
// says what did not run.
func Missing(t testing.TB, needed bool) {
	t.Helper()
	const advice = "Chromium is not installed (Debian: apt-get install chromium; CSL_CHROMIUM names one elsewhere)"
	if needed {
		t.Fatal(advice)
	}
	t.Skipf("NOT CHECKED: %s: %s; the long tests insist on it", t.Name(), advice)
}
