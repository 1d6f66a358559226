package api

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
)

// A stranger is a connection from an address.
type stranger struct {
	net.Conn
	from   string
	closed bool
}

func (s *stranger) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s.from))
}

func (s *stranger) Close() error {
	s.closed = true
	return nil
}

// A door lets in strangers one by one.
type door struct {
	net.Listener
	next *stranger
}

func (d *door) Accept() (net.Conn, error) { return d.next, nil }

func TestGateGivesUpTheGreediest(t *testing.T) {
	const large, other, third = "192.0.2.1:1", "198.51.100.1:1", "[2001:db8:0:ff::1]:1"
	d := &door{}
	g := newGate(d, 5)
	enter := func(from string) *stranger {
		d.next = &stranger{from: from}
		if _, err := g.Accept(); err != nil {
			t.Fatal(err)
		}
		return d.next
	}
	guestOf := func(s *stranger) *guest {
		for c := range g.guests {
			if c.Conn == s {
				return c
			}
		}
		return nil
	}
	answering := func(s *stranger, state http.ConnState) { g.follow(tls.Server(guestOf(s), &tls.Config{}), state) }
	a, b, c := enter(large), enter("192.0.2.77:9"), enter(large)
	x := enter(other)
	y := enter("[2001:db8:0:f0::2]:7")
	answering(a, http.StateActive)
	left := func(what string, want *stranger, among ...*stranger) {
		t.Helper()
		for _, s := range among {
			if s.closed != (s == want) {
				t.Errorf("%s: %s closed %v", what, s.from, s.closed)
			}
		}
		if open := g.open(); open != 5 {
			t.Errorf("%s: %d are open", what, open)
		}
	}
	z := enter(third)
	left("the one that waits longest goes, not who is answered", b, a, b, c, x, y, z)
	b.closed = false
	answering(a, http.StateIdle)
	enter(large)
	left("of the largest network", c, a, c, x, y, z)
	c.closed = false
	answering(a, http.StateActive)
	for c := range g.guests {
		c.answered.Store(true)
	}
	enter(large)
	if x.closed {
		t.Error("one of a small network went")
	}
	if evicted := g.evicted.Load(); evicted != 3 {
		t.Errorf("%d evicted", evicted)
	}
	for c := range g.guests {
		c.Close()
		c.Close() // a server may do so twice
	}
	if g.open() != 0 || len(g.networks) != 0 {
		t.Errorf("%d open, %d networks left", g.open(), len(g.networks))
	}
}

func TestNetworks(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.200:443": "192.0.2.0/24", "[::ffff:192.0.2.200]:443": "192.0.2.0/24",
		"[2001:db8:1:2345::1]:1": "2001:db8:1:2300::/56", "[fe80::1%eth0]:1": "fe80::/56",
		"": "invalid Prefix", "@": "invalid Prefix", "pipe": "invalid Prefix",
	} {
		if got := networkOf(remote).String(); got != want {
			t.Errorf("%s is of %s, want %s", remote, got, want)
		}
	}
}

// TestGateUnderAServer: with room for two, ten keep-alive clients of one network
// all get their answers, one after the other.
func TestGateUnderAServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(l, 2)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })}
	go s.Serve(g)
	t.Cleanup(func() { s.Close() })
	for range 10 {
		c := &http.Client{Transport: &http.Transport{}}
		t.Cleanup(c.CloseIdleConnections)
		resp, err := c.Get("http://" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if g.open() > 2 || g.evicted.Load() != 8 {
		t.Errorf("%d open, %d evicted", g.open(), g.evicted.Load())
	}
}
