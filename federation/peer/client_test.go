package peer_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
)

const host = "aeo.customs.nz.example"

func TestClientFetchesWhatIsThere(t *testing.T) {
	n := newNetwork(t)
	n.serve(host, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" || r.Header.Get("Accept") != "text/plain" {
			t.Errorf("asked with %v", r.Header)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, "12345678")
	}))
	raw, err := n.client().Get(t.Context(), "https://"+host+"/x", "text/plain", 8)
	if err != nil || string(raw) != "12345678" {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestClientRefusesAnswers(t *testing.T) {
	text := func(serve http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			serve(w, r)
		}
	}
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  error
	}{
		"one byte too many": {text(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "123456789") }), peer.ErrAnswer},
		"a body without end": {text(func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := fmt.Fprint(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}), peer.ErrAnswer},
		"a redirect": {http.RedirectHandler("https://"+host+"/elsewhere", http.StatusFound).ServeHTTP, peer.ErrAnswer},
		"an error":   {text(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }), peer.ErrAnswer},
		"no content": {text(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), peer.ErrAnswer},
		"not found":  {http.NotFound, peer.ErrNotFound},
		"another media type": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
		}, peer.ErrAnswer},
		"no media type": {func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil }, peer.ErrAnswer},
		"a compressed body": {text(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
		}), peer.ErrAnswer},
		"headers without measure": {text(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Padding", strings.Repeat("x", 64<<10))
		}), peer.ErrUnreachable},
		"a body cut off": {text(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "8")
			fmt.Fprint(w, "1234")
		}), peer.ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t)
			n.serve(host, c.serve)
			raw, err := n.client().Get(t.Context(), "https://"+host+"/x", "text/plain", 8)
			if !errors.Is(err, c.want) || raw != nil {
				t.Errorf("got %q, %v; want %v", raw, err, c.want)
			}
		})
	}
}

func TestClientDoesNotWaitForever(t *testing.T) {
	n := newNetwork(t)
	asked := make(chan struct{})
	n.serve(host, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err := n.client().Get(ctx, "https://"+host+"/x", "text/plain", 8)
	if !errors.Is(err, peer.ErrUnreachable) || !errors.Is(err, context.Canceled) {
		t.Errorf("headers that never come: %v", err)
	}
}

func TestClientReachesConfiguredHostsOnly(t *testing.T) {
	called := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was reached", r.URL) })
	for name, c := range map[string]struct {
		url   string
		setup func(*network)
		want  string
	}{
		"a host of no partner":                   {"https://aeo.customs.us.example/x", func(*network) {}, "no configured partner"},
		"a name that leads into the own network": {"https://localhost/x", func(n *network) { n.route.Dial["localhost"] = "" }, "no public address"},
		"an address for a name":                  {"https://127.0.0.1/x", func(n *network) { n.route.Dial["127.0.0.1"] = "" }, "no public address"},
		"a certificate of a stranger":            {"https://" + host + "/x", func(n *network) { n.route.Roots = newNetwork(t).route.Roots }, "unknown authority"},
		"a certificate that has ended": {"https://" + host + "/x", func(n *network) {
			n.route.Now = func() time.Time { return clock().AddDate(2, 0, 0) }
		}, "expired"},
		"a certificate of another host": {"https://aeo.customs.us.example/x", func(n *network) {
			n.route.Dial["aeo.customs.us.example"] = n.route.Dial[host]
		}, "certificate"},
		"a connection without TLS": {"http://" + host + "/x", func(*network) {}, "not https"},
		"an old version of TLS": {"https://" + host + "/x", func(n *network) {
			n.start(host, called, &tls.Config{MaxVersion: tls.VersionTLS12})
		}, "protocol version"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t)
			n.serve(host, called)
			c.setup(n)
			_, err := n.client().Get(t.Context(), c.url, "text/plain", 8)
			if !errors.Is(err, peer.ErrUnreachable) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want one with %q", err, c.want)
			}
		})
	}
}
