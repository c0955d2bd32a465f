package review

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"csl/internal/audit/list"
)

// ask sends a request to the handler without a network; change alters it.
func (b *bench) ask(method, target, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8000"
	if method == http.MethodPost {
		r.Header.Set("Origin", "http://127.0.0.1:8000")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	b.server.handler().ServeHTTP(w, r)
	return w
}

// admitted is a change that gives a request the cookie of a browser that was let in, and then does more.
func (b *bench) admitted(more func(*http.Request)) func(*http.Request) {
	b.t.Helper()
	cookies := b.ask("GET", "/?token="+b.server.token, "", nil).Result().Cookies()
	if len(cookies) != 1 {
		b.t.Fatalf("%d cookies", len(cookies))
	}
	return func(r *http.Request) {
		r.AddCookie(cookies[0])
		if more != nil {
			more(r)
		}
	}
}

// everything lists the addresses of the server.
func everything() [][2]string {
	return [][2]string{
		{"GET", "/"},
		{"GET", "/grid"},
		{"GET", "/classes"},
		{"GET", "/image/run/0/large"},
		{"GET", "/image/run/0/small"},
		{"POST", "/answer"},
		{"POST", "/grid"},
		{"POST", "/undo"},
		{"POST", "/hide"},
	}
}

func TestWithoutTokenOrCookieNothingIsServed(t *testing.T) {
	b := newBench(t, 2, nil)
	for _, x := range everything() {
		for name, change := range map[string]func(*http.Request){
			"nothing":      nil,
			"wrong cookie": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: b.server.cookie, Value: secret()}) },
			"the token as cookie": func(r *http.Request) {
				r.AddCookie(&http.Cookie{Name: b.server.cookie, Value: b.server.token})
			},
			"wrong token": func(r *http.Request) { r.URL.RawQuery = "token=" + secret() },
			"no token":    func(r *http.Request) { r.URL.RawQuery = "token=" },
			"part of it":  func(r *http.Request) { r.URL.RawQuery = "token=" + b.server.token[:21] },
		} {
			w := b.ask(x[0], x[1], "question=0:0&answer=yes&item=0:0", change)
			if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "red") || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s with %s: %d", x, name, w.Code)
			}
		}
	}
	if rows := b.rows(); len(rows) != 0 {
		t.Errorf("rows %q", rows)
	}
}

func TestOnlyTheServersOwnNamesAreAnswered(t *testing.T) {
	b := newBench(t, 2, nil)
	b.server.host = "machine"
	for host, want := range map[string][2]bool{ // listening to this machine only, to all
		"127.0.0.1:8000": {true, true}, "localhost:9": {true, true}, "LOCALHOST": {true, true}, "[::1]:8000": {true, true}, "127.9.9.9": {true, true},
		"192.168.1.7:8000": {false, true}, "[fe80::1]:80": {false, true}, "[::ffff:192.168.1.7]:8000": {false, true},
		"machine:8000": {false, true}, "machine.local": {false, true},
		"evil.example:8000": {false, false}, "127.0.0.1.evil.example": {false, false}, "localhost.evil.example:8000": {false, false},
		"": {false, false}, "machine.evil.example": {false, false}, "0x7f.1": {false, false}, "@localhost": {false, false},
	} {
		for i, open := range []bool{false, true} {
			b.server.open = open
			w := b.ask("GET", "/?token="+b.server.token, "", func(r *http.Request) { r.Host = host })
			if got := w.Code == http.StatusOK; got != want[i] || !got && (w.Code != http.StatusMisdirectedRequest || w.Header().Get("Set-Cookie") != "") {
				t.Errorf("host %q, open %v: %d", host, open, w.Code)
			}
		}
	}
}

func TestFormsOfOtherPagesAreRefused(t *testing.T) {
	b := newBench(t, 2, nil)
	for name, change := range map[string]func(*http.Request){
		"no origin":        func(r *http.Request) { r.Header.Del("Origin") },
		"null":             func(r *http.Request) { r.Header.Set("Origin", "null") },
		"another site":     func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"another port":     func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8001") },
		"another scheme":   func(r *http.Request) { r.Header.Set("Origin", "https://127.0.0.1:8000") },
		"another name":     func(r *http.Request) { r.Header.Set("Origin", "http://localhost:8000") },
		"a longer name":    func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8000.evil.example") },
		"a user in it":     func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8000@evil.example") },
		"says cross-site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"says same-site":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"a method of none": func(r *http.Request) { r.Method = "PUT"; r.Header.Del("Origin") },
	} {
		w := b.ask("POST", "/answer", "question=0:0&answer=yes", b.admitted(change))
		if w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if rows := b.rows(); len(rows) != 0 {
		t.Errorf("rows %q", rows)
	}
	if w := b.ask("POST", "/answer", "question=0:0&answer=yes", b.admitted(nil)); w.Code != http.StatusSeeOther || len(b.rows()) != 1 {
		t.Errorf("the server's own page: %d", w.Code)
	}
}

func TestTheTokenIsInNoFurtherAddress(t *testing.T) {
	b := newBench(t, 2, nil)
	w := b.ask("GET", "/?token="+b.server.token, "", nil)
	if strings.Contains(w.Body.String(), b.server.token) || strings.Contains(w.Header().Get("Set-Cookie"), b.server.token) {
		t.Error("the token goes on")
	}
	cookie := w.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("cookie %+v", cookie)
	}
	if !strings.Contains(w.Body.String(), `http-equiv="refresh" content="0; url=/"`) {
		t.Error("the browser is not sent on")
	}
}

func TestEveryResponseForbidsWhatAPageDoesNotNeed(t *testing.T) {
	b := newBench(t, 2, nil)
	targets := append(everything(), [2]string{"GET", "/nothing"}, [2]string{"DELETE", "/"}, [2]string{"GET", "/static/review.js"})
	for _, x := range targets {
		for _, change := range []func(*http.Request){nil, b.admitted(nil), func(r *http.Request) { r.Host = "evil.example" }} {
			h := b.ask(x[0], x[1], "", change).Header()
			csp := h.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") ||
				h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" ||
				h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s: headers %v", x, h)
			}
		}
	}
}

func TestPagesHaveNoInlineScriptOrStyle(t *testing.T) {
	b := newBench(t, 3, nil)
	v := b.visitor()
	for _, path := range []string{"/", "/grid", "/classes", "/none"} {
		_, page := v.get(path)
		for _, inline := range []string{" style=", "<style", " onclick", " onload", "javascript:", "<script>", "http://", "https://"} {
			if strings.Contains(page, inline) {
				t.Errorf("%s has %q", path, inline)
			}
		}
	}
}

func TestNamesAreEscapedEverywhere(t *testing.T) {
	const evil = `<img src=x onerror=alert(1)>"'&` + "\u202e{{.}}"
	b := newBench(t, 1, func(l *[]list.Candidate) {
		for i := range *l {
			(*l)[i].Class += evil
			(*l)[i].Reason = evil
			if i > 0 {
				(*l)[i].Image = evil + ".png"
			}
		}
	})
	b.server.descriptions = map[string]string{"red" + evil: evil, "green" + evil: evil}
	v := b.visitor()
	v.post("/answer", "question", "0:0", "answer", "yes")
	for _, path := range []string{"/", "/grid", "/grid?class=1&mode=except", "/classes", "/?question=1", "/?question=2", "/?class=" + url.QueryEscape(evil), "/?reason=" + url.QueryEscape(evil), "/" + url.PathEscape(evil)} {
		_, page := v.get(path)
		page = regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(page, "") // which nobody sees
		if strings.Contains(page, "<img src=x") || strings.Contains(page, "\u202e") || strings.Contains(page, `>"'&`) {
			t.Errorf("%s shows a name as it is:\n%s", path, page)
		}
	}
	_, page := v.post("/answer", "question", evil, "answer", "yes")
	if strings.Contains(page, "<img src=x") {
		t.Errorf("a wrong form is shown as it is:\n%s", page)
	}
}

func TestImagesAreServedByNumberOnly(t *testing.T) {
	b := newBench(t, 2, nil)
	if err := os.WriteFile(filepath.Join(b.root, "secret.png"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	in := b.admitted(nil)
	for _, path := range []string{
		"/image/run/2/large", "/image/run/-1/large", "/image/run/0/huge", "/image/run/0/", "/image/run/p000.png/large", "/image/run/secret.png/large",
		"/image/run/..%2f..%2fetc%2fpasswd/large", "/image/other/0/large", "/image/run/0x1/large", "/image/run/99999999999999999999/large",
		"/secret.png", "/static/..%2freview.go", "/static/", "/p000.png", "/image/run/0/large/..%2f..", "/static/../../etc/passwd",
	} {
		w := b.ask("GET", path, "", in)
		if w.Code == http.StatusOK || strings.HasPrefix(w.Header().Get("Content-Type"), "image/") || strings.Contains(w.Body.String(), "secret.png") || strings.Contains(w.Body.String(), "package review") {
			t.Errorf("%s: %d %s", path, w.Code, w.Header())
		}
	}
	if w := b.ask("GET", "/image/run/1/large", "", in); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("image 1: %d", w.Code)
	}
}

func TestWrongRequestsAreRefusedWithoutHarm(t *testing.T) {
	b := newBench(t, 2, nil)
	for _, x := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/answer", "question=0:0", 400},
		{"POST", "/answer", "question=0:0&answer=maybe", 400},
		{"POST", "/answer", "question=0&answer=yes", 400},
		{"POST", "/answer", "question=-1:0&answer=yes", 400},
		{"POST", "/answer", "question=4:0&answer=yes", 400},
		{"POST", "/answer", "question=0:-1&answer=yes", 400},
		{"POST", "/answer", "question=0:99999999999&answer=yes", 400},
		{"POST", "/answer", "question=0:0&answer=yes&class=2", 400},
		{"POST", "/answer", "question=0:0&answer=yes&reason=x", 400},
		{"POST", "/answer", "question=0:0&answer=yes&x=" + strings.Repeat("x", maxBody), 413},
		{"POST", "/answer", "%zz", 400},
		{"POST", "/grid", "", 400},
		{"POST", "/grid", "item=0:0&item=0:0", 400},
		{"POST", "/grid", "item=9:0", 400},
		{"POST", "/grid", strings.Repeat("item=0:0&", mostTiles+1), 400},
		{"GET", "/answer", "", 405},
		{"GET", "/undo", "", 405},
		{"DELETE", "/answer", "", 405},
		{"PUT", "/", "", 405},
		{"GET", "/?class=7", "", 400},
		{"GET", "/?class=x", "", 400},
		{"GET", "/grid?reason=x", "", 400},
		{"GET", "/?question=9", "", 404},
		{"GET", "/?question=0", "", 404},
		{"GET", "/none", "", 404},
	} {
		w := b.ask(x.method, x.path, x.body, b.admitted(func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8000") }))
		if w.Code != x.want {
			t.Errorf("%s %s %.50s: %d, want %d", x.method, x.path, x.body, w.Code, x.want)
		}
	}
	if rows := b.rows(); len(rows) != 0 {
		t.Errorf("rows %q", rows)
	}
}

func TestOnlySomeBrowsersAreRemembered(t *testing.T) {
	b := newBench(t, 1, nil)
	first := b.admitted(nil)
	for range mostClients {
		b.pass(1)
		b.admitted(nil)
	}
	if w := b.ask("GET", "/", "", first); w.Code != http.StatusForbidden || len(b.server.clients) != mostClients {
		t.Errorf("%d with %d browsers", w.Code, len(b.server.clients))
	}
}

func TestSlowAndLargeRequestsEnd(t *testing.T) {
	b := newBench(t, 1, nil)
	s := timeouts(b.server.handler(), b.server.log)
	for name, d := range map[string]int64{"header": int64(s.ReadHeaderTimeout), "read": int64(s.ReadTimeout), "write": int64(s.WriteTimeout), "idle": int64(s.IdleTimeout), "size": int64(s.MaxHeaderBytes)} {
		if d <= 0 {
			t.Errorf("no limit of %s", name)
		}
	}
}

func TestListeningToOthersIsNoticed(t *testing.T) {
	for at, want := range map[string]bool{"127.0.0.1:0": false, "localhost:0": false, "0.0.0.0:0": true, ":0": true} {
		l, open, err := listen(at)
		if err != nil {
			t.Fatal(err)
		}
		shown := address(l.Addr(), "T")
		if open != want || !strings.HasPrefix(shown, "http://127.0.0.1:") || !strings.HasSuffix(shown, "/?token=T") {
			t.Errorf("%s: open %v, address %s", at, open, shown)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, at := range []string{"8000", "127.0.0.1", "nowhere.invalid:80", "127.0.0.1:99999"} {
		if _, _, err := listen(at); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("--listen %q", at)) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

func TestTheServerEndsWithItsContext(t *testing.T) {
	b := newBench(t, 1, nil)
	l, _, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, timeouts(b.server.handler(), b.server.log), l) }()
	r, err := http.Get("http://" + l.Addr().String() + "/?token=" + b.server.token)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%v", err)
	}
	_ = r.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("it still listens")
	}
}

func TestReasonsOfOtherProgramsAreChoices(t *testing.T) {
	b := newBench(t, 3, func(l *[]list.Candidate) { (*l)[1].Reason = "my own_reason" })
	_, page := b.visitor().get("/?reason=my+own_reason")
	if asked(page) != "1:0" || !strings.Contains(page, ">my own reason</option>") {
		t.Errorf("asks %q", asked(page))
	}
	if !slices.Contains(b.server.reasons, "my own_reason") {
		t.Errorf("reasons %q", b.server.reasons)
	}
}
