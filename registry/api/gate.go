package api

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A gate bounds the connections of a listener and turns nobody away: when it is
// full, the network that holds most connections gives one up. So whoever opens
// thousands loses its own, and others come in as before.
type gate struct {
	net.Listener
	max     int
	evicted atomic.Int64

	mu       sync.Mutex
	guests   map[*guest]struct{}       // guarded by mu
	networks map[netip.Prefix]*network // guarded by mu; those with guests
}

// A network is what is counted as one client: addresses are cheap within it.
type network struct {
	prefix netip.Prefix
	guests int // guarded by gate.mu
}

// A guest is a connection that was let in.
type guest struct {
	net.Conn
	gate     *gate
	network  *network
	answered atomic.Bool  // a request of it is being answered
	since    atomic.Int64 // when that began or ended, Unix nanoseconds
}

func newGate(l net.Listener, max int) *gate {
	return &gate{Listener: l, max: max, guests: map[*guest]struct{}{}, networks: map[netip.Prefix]*network{}}
}

func (g *gate) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &guest{Conn: conn, gate: g}
	c.since.Store(time.Now().UnixNano())
	if left := g.enter(c); left != nil {
		g.evicted.Add(1)
		_ = left.Conn.Close() // whoever reads from it learns it
	}
	return c, nil
}

// enter counts a guest in and returns the one that has to go for it, if any.
func (g *gate) enter(c *guest) (left *guest) {
	prefix := networkOf(c.RemoteAddr().String())
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.guests) >= g.max {
		left = g.longest()
		g.forget(left)
	}
	c.network = g.networks[prefix]
	if c.network == nil {
		c.network = &network{prefix: prefix}
		g.networks[prefix] = c.network
	}
	c.network.guests++
	g.guests[c] = struct{}{}
	return left
}

// longest is the guest to give up; the caller holds mu. Of the largest network
// first those that wait for a request go, and of these who waited longest.
func (g *gate) longest() (first *guest) {
	for c := range g.guests {
		if first == nil || c.goesBefore(first) {
			first = c
		}
	}
	return first
}

func (c *guest) goesBefore(o *guest) bool {
	if c.network.guests != o.network.guests {
		return c.network.guests > o.network.guests
	}
	if busy := c.answered.Load(); busy != o.answered.Load() {
		return !busy
	}
	return c.since.Load() < o.since.Load()
}

// forget counts a guest out; the caller holds mu.
func (g *gate) forget(c *guest) {
	if _, in := g.guests[c]; !in {
		return
	}
	delete(g.guests, c)
	if c.network.guests--; c.network.guests == 0 {
		delete(g.networks, c.network.prefix)
	}
}

func (g *gate) open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.guests)
}

func (c *guest) Close() error {
	c.gate.mu.Lock()
	c.gate.forget(c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// follow is the http.Server.ConnState of a server whose TLS runs over the gate.
func (g *gate) follow(conn net.Conn, state http.ConnState) {
	secured, _ := conn.(*tls.Conn)
	if secured == nil {
		return
	}
	if c, ok := secured.NetConn().(*guest); ok && (state == http.StateActive || state == http.StateIdle) {
		c.answered.Store(state == http.StateActive)
		c.since.Store(time.Now().UnixNano())
	}
}

// networkOf is the /24 or /56 an address belongs to: what one customer of a
// provider is commonly given. What is no address counts as one network.
func networkOf(remote string) netip.Prefix {
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := from.Addr().Unmap().WithZone(""), 56
	if addr.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(addr, bits).Masked()
}
