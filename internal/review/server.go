package review

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"csl/internal/audit/list"
)

//go:embed static
var static embed.FS

// server answers browsers.
type server struct {
	*session
	*guard
	gallery      *gallery
	run          string // part of the address of images: a browser must not show those of another list
	descriptions map[string]string
	hide         bool // the score is hidden at first
	log          *slog.Logger
}

// Limits of a request.
const (
	maxBody   = 64 << 10 // bytes of a form
	mostTiles = 24       // images of a grid
)

// handler is all of the server.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.known(s.showQuestion))
	mux.HandleFunc("GET /grid", s.known(s.showGrid))
	mux.HandleFunc("GET /classes", s.known(s.showClasses))
	mux.HandleFunc("POST /answer", s.known(s.takeAnswer))
	mux.HandleFunc("POST /grid", s.known(s.takeGrid))
	mux.HandleFunc("POST /undo", s.known(s.takeUndo))
	mux.HandleFunc("POST /hide", s.known(s.takeHide))
	mux.HandleFunc("GET /image/{run}/{number}/{size}", s.known(s.sendImage))
	mux.HandleFunc("GET /static/{name}", s.sendStatic)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header())
		switch {
		case !s.hosted(r):
			s.refuse(w, http.StatusMisdirectedRequest, "This server does not answer to that name. Use the address that csl review printed.")
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !s.own(r):
			s.refuse(w, http.StatusForbidden, "The request comes from another page. Use the address that csl review printed.")
		case r.Method == http.MethodGet && r.URL.Path == "/" && s.entry(r):
			s.enter(w)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			mux.ServeHTTP(w, r)
		}
	})
}

// enter lets a browser in and sends it to the address without the token. The page does that, not a redirection, so
// that the cookie is sent also where the link was on another site.
func (s *server) enter(w http.ResponseWriter) {
	s.admit(w, s.hide, s.now())
	s.page(w, http.StatusOK, "enter.html", nil)
}

// known has handle answer browsers that were let in.
func (s *server) known(handle func(http.ResponseWriter, *http.Request, *client)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := s.client(r, s.now())
		if c == nil {
			s.refuse(w, http.StatusForbidden, "This browser has not been let in, or the server was started anew. Open the address that csl review printed, with its token.")
			return
		}
		handle(w, r, c)
	}
}

// refuse answers with an error that people can read.
func (s *server) refuse(w http.ResponseWriter, status int, text string) {
	s.page(w, status, "error.html", text)
}

// page sends a page.
func (s *server) page(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		s.log.Error("page " + name + ": " + err.Error())
		http.Error(w, "internal error; see the terminal", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that is gone needs no page
}

// sendStatic sends the style or the script, which hold nothing worth hiding.
func (s *server) sendStatic(w http.ResponseWriter, r *http.Request) {
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	name := r.PathValue("name")
	data, err := fs.ReadFile(static, "static/"+name)
	if err != nil {
		s.refuse(w, http.StatusNotFound, "There is nothing at this address.")
		return
	}
	w.Header().Set("Content-Type", types[name[strings.LastIndexByte(name, '.'):]])
	_, _ = w.Write(data)
}

// sendImage sends an image of the list, by its number.
func (s *server) sendImage(w http.ResponseWriter, r *http.Request, _ *client) {
	n, err := strconv.Atoi(r.PathValue("number"))
	side := map[string]int{"large": largeSide, "small": smallSide}[r.PathValue("size")]
	if err != nil || n < 0 || n >= len(s.images) || side == 0 || r.PathValue("run") != s.run {
		s.refuse(w, http.StatusNotFound, "There is no such image.")
		return
	}
	data, contentType, err := s.gallery.image(r.Context(), n, side)
	if err != nil {
		return // the browser is gone
	}
	if contentType != "image/svg+xml" {
		w.Header().Set("Cache-Control", "private, max-age=3600")
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}

// parseFilter reads what chooses questions from a query or a form.
func (s *server) parseFilter(v url.Values) (filter, error) {
	f := filter{class: -1, reason: list.Reason(v.Get("reason"))}
	if text := v.Get("class"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n >= len(s.classes) {
			return f, fmt.Errorf("class number %q: want 0 to %d", text, len(s.classes)-1)
		}
		f.class = n
	}
	for _, r := range append([]list.Reason{""}, s.reasons...) {
		if r == f.reason {
			return f, nil
		}
	}
	return f, errors.New("the list has no such reason")
}

// query is the filter as a query.
func (f filter) query() url.Values {
	v := url.Values{}
	if f.class >= 0 {
		v.Set("class", strconv.Itoa(f.class))
	}
	if f.reason != "" {
		v.Set("reason", string(f.reason))
	}
	return v
}

// back sends a browser to the next question or grid.
func back(w http.ResponseWriter, r *http.Request, path string, v url.Values) {
	u := url.URL{Path: path, RawQuery: v.Encode()}
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}

// timeouts of connections.
func timeouts(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
