package progress

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"csl/internal/printable"
)

// Format is how log messages are written.
type Format string

// The formats of the log.
const (
	Text Format = "text" // for people: "warning: image skipped file=a.jpg"
	JSON Format = "json" // for machines: slog's, one object a line
)

// ParseFormat reads the value of --log_format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case Text, JSON:
		return f, nil
	}
	return "", fmt.Errorf("log format %q: must be text or json", s)
}

// newHandler writes records to w as the options say.
func newHandler(w io.Writer, o Options) slog.Handler {
	level := slog.LevelInfo
	switch {
	case o.Quiet:
		level = slog.LevelWarn
	case o.Verbose:
		level = slog.LevelDebug
	}
	if o.Format == JSON {
		return slog.NewJSONHandler(printable.NewWriter(w), &slog.HandlerOptions{Level: level})
	}
	return &textHandler{w: w, mu: &sync.Mutex{}, level: level, clock: o.Verbose}
}

// textHandler writes one line for people: level (unless it is information), message, attributes.
type textHandler struct {
	w      io.Writer
	mu     *sync.Mutex // one line at a time; shared by handlers made from this one
	level  slog.Level
	clock  bool   // lines begin with the time of day
	fixed  string // attributes of With, formatted
	prefix string // of keys, from groups
}

// Enabled implements slog.Handler.
func (h *textHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler.
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if h.clock && !r.Time.IsZero() {
		b.WriteString(r.Time.Format("15:04:05 "))
	}
	switch {
	case r.Level >= slog.LevelError:
		b.WriteString("error: ")
	case r.Level >= slog.LevelWarn:
		b.WriteString("warning: ")
	case r.Level < slog.LevelInfo:
		b.WriteString("debug: ")
	}
	b.WriteString(oneLine(r.Message))
	b.WriteString(h.fixed)
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&b, h.prefix, a)
		return true
	})
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, b.String())
	return err
}

// WithAttrs implements slog.Handler.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		writeAttr(&b, h.prefix, a)
	}
	with := *h
	with.fixed += b.String()
	return &with
}

// WithGroup implements slog.Handler.
func (h *textHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.prefix += name + "."
	return &with
}

// writeAttr writes " key=value", quoted where a space or quote would blur it.
func writeAttr(b *strings.Builder, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, inner := range v.Group() {
			writeAttr(b, prefix, inner)
		}
		return
	}
	if a.Key == "" && v.Any() == nil {
		return
	}
	var s string
	switch v.Kind() {
	case slog.KindFloat64:
		s = strconv.FormatFloat(v.Float64(), 'g', 5, 64)
	case slog.KindDuration:
		s = Duration(v.Duration())
	default:
		s = v.String()
	}
	if s == "" || strings.ContainsAny(s, " \t\r\n\"=") {
		s = strconv.Quote(s)
	}
	fmt.Fprintf(b, " %s%s=%s", prefix, a.Key, printable.Line(s))
}

// oneLine keeps a message on its line, and from steering the terminal.
func oneLine(s string) string {
	return printable.Line(strings.ReplaceAll(strings.TrimSpace(s), "\n", "; "))
}
