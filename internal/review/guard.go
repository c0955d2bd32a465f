package review

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// guard lets in only browsers that were shown the address with the token, and only by a name that no foreign page can
// have: a page of another origin can neither send answers nor read images, also where it makes its name point here.
type guard struct {
	token  string
	cookie string // name of the cookie: servers on other ports share the cookies of a host
	open   bool   // listens to other machines
	host   string // this machine's name

	lock    sync.Mutex // of clients, and of when each was seen
	clients map[[sha256.Size]byte]*client
}

// mostClients is how many browsers are known at a time.
const mostClients = 64

func newGuard(open bool) *guard {
	host, _ := os.Hostname() // empty: the machine is known by its addresses only
	return &guard{token: secret(), cookie: "csl_review_" + secret()[:8], open: open, host: strings.ToLower(host), clients: map[[sha256.Size]byte]*client{}}
}

// secret is 128 random bits.
func secret() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hosted tells whether a request names a host that this server has: an address, localhost or, where other machines are let in,
// the machine's name. Ports do not matter, so that a tunnel may end at another one.
func (g *guard) hosted(r *http.Request) bool {
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if addr, err := netip.ParseAddr(name); err == nil {
		return g.open || addr.Unmap().IsLoopback()
	}
	return name == "localhost" || g.open && name != "" && (name == g.host || name == g.host+".local")
}

// own tells whether a request that changes something comes from a page of this server.
func (g *guard) own(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Scheme == "http" && origin.Host != "" && strings.EqualFold(origin.Host, r.Host)
}

// entry tells whether a request has the token of the address.
func (g *guard) entry(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("token")), []byte(g.token)) == 1
}

// admit makes a browser known: its cookie is a secret of its own, so that the token is in no further request.
func (g *guard) admit(w http.ResponseWriter, hide bool, now time.Time) {
	id := secret()
	g.lock.Lock()
	defer g.lock.Unlock()
	if len(g.clients) >= mostClients {
		g.dropOldest()
	}
	g.clients[sha256.Sum256([]byte(id))] = &client{seen: now, hide: hide}
	http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

func (g *guard) dropOldest() {
	var oldest [sha256.Size]byte
	var seen time.Time
	for id, c := range g.clients {
		if seen.IsZero() || c.seen.Before(seen) {
			oldest, seen = id, c.seen
		}
	}
	delete(g.clients, oldest)
}

// client is the browser that a request comes from; nil for an unknown one. Secrets are looked up by their digests, which
// tells nobody how much of one was right.
func (g *guard) client(r *http.Request, now time.Time) *client {
	cookie, err := r.Cookie(g.cookie)
	if err != nil {
		return nil
	}
	g.lock.Lock()
	defer g.lock.Unlock()
	c := g.clients[sha256.Sum256([]byte(cookie.Value))]
	if c != nil {
		c.seen = now
	}
	return c
}

// policy is what a page may do: show this server's images, use its style and its script, send its forms.
const policy = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden sets the headers of every response.
func harden(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
