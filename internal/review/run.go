package review

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"time"

	"csl/internal/audit/list"
	"csl/internal/count"
	"csl/internal/images/codec"
	"csl/internal/images/source"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// Options says what to ask about and where answers go.
type Options struct {
	List         []list.Candidate  // the questions in their order
	Descriptions map[string]string // of classes, by name; may be nil
	Root         string            // folder or tar of the images
	Decode       codec.Options     // how images are decoded; they are shown upright in any case
	Answers      string            // file of answers, which is made if it is missing
	Listen       string            // address to listen at: host:port, port 0 for any free one
	Source       string            // who answers, for the file
	HideScores   bool              // until a question is answered, unless the page is told otherwise
	FS           safefile.FS       // where answers are written
	Display      *progress.Display // for messages
	// Ready is called with the address for the browser.
	Ready func(address string) error
}

// Summary says what came out.
type Summary struct {
	Saved                    int // answers that this server saved, corrections among them
	Yes, No, Unsure, Unasked int // of the list, with answers saved earlier
}

// stopping is how long requests may take that are under way when the server stops.
const stopping = 5 * time.Second

// Run serves until ctx ends. All answers that a browser was told are saved are then on disk; they are so before, too.
func Run(ctx context.Context, o Options) (_ Summary, err error) {
	q, err := newQuestions(o.List)
	if err != nil {
		return Summary{}, err
	}
	log := o.Display.Log()
	src, err := source.Open(ctx, o.Root)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	images := newGallery(q.images, src, o.Decode, runtime.GOMAXPROCS(0), func(err error) { log.Warn("not shown: " + err.Error()) })
	if err := images.check(ctx, o.Display); err != nil {
		return Summary{}, err
	}
	listener, open, err := listen(o.Listen)
	if err != nil {
		return Summary{}, err
	}
	s, err := openSession(q, func(each func(record)) (*file, error) { return openFile(o.FS, o.Answers, each) }, o.Source, time.Now)
	if err != nil {
		return Summary{}, errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if open {
		log.Warn("other machines can reach this server: whoever has the address with its token sees the images and can answer, and the connection is not encrypted", "address", listener.Addr())
	}
	if n := s.total[Yes] + s.total[No] + s.total[Unsure]; n > 0 {
		log.Info(fmt.Sprintf("%q has answers to %d of %s", o.Answers, n, count.Of(len(q.list), "question")))
	}
	g := newGuard(open)
	h := &server{session: s, guard: g, gallery: images, run: secret()[:8], descriptions: o.Descriptions, hide: o.HideScores, log: log}
	if err := o.Ready(address(listener.Addr(), g.token)); err != nil {
		return Summary{}, errors.Join(err, listener.Close())
	}
	err = serve(ctx, timeouts(h.handler(), log), listener)
	return s.summary(), err
}

// check makes sure that the images are there: not all need to be.
func (g *gallery) check(ctx context.Context, display *progress.Display) error {
	n, first := g.missing(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case n == len(g.names):
		return fmt.Errorf("none of the images of the list is there: %w", first)
	case n > 0:
		display.Log().Warn(fmt.Sprintf("%d of %s of the list are not there, the first one: %v", n, count.Of(len(g.names), "image"), first))
	}
	return nil
}

// listen opens the address; open tells whether other machines can reach it.
func listen(address string) (l net.Listener, open bool, err error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, false, fmt.Errorf("--listen %q: want HOST:PORT, such as 127.0.0.1:8000: %w", address, err)
	}
	if l, err = net.Listen("tcp", address); err != nil {
		return nil, false, fmt.Errorf("--listen %q: %w", address, err)
	}
	at, ok := l.Addr().(*net.TCPAddr)
	return l, !ok || !at.IP.IsLoopback(), nil
}

// address is what a browser is to open. Where the server listens at all addresses, that is this machine's own.
func address(at net.Addr, token string) string {
	host := at.String()
	if port, err := netip.ParseAddrPort(host); err == nil && port.Addr().IsUnspecified() {
		host = fmt.Sprintf("127.0.0.1:%d", port.Port())
	}
	return "http://" + host + "/?token=" + token
}

// serve serves until ctx ends, and then lets requests under way end.
func serve(ctx context.Context, server *http.Server, l net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return server.Close() // a request that hangs loses no answer that was acknowledged
	}
	return nil
}

// close closes the file. A request that still hangs gets an error, and saves nothing.
func (s *session) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.close()
}

// summary counts what came out.
func (s *session) summary() Summary {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Summary{Saved: s.saved, Yes: s.total[Yes], No: s.total[No], Unsure: s.total[Unsure], Unasked: s.total[Open] + s.total[Skipped]}
}
