package month

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// A relay is the line from one node to another. It can be cut, as lines between
// countries are: what runs over it ends, and nobody gets through until it is
// mended. It counts what comes back over it.
type relay struct {
	listener net.Listener
	target   string
	received atomic.Int64 // bytes from the target

	mu     sync.Mutex
	cut    bool                  // guarded by mu
	open   map[net.Conn]struct{} // guarded by mu
	closed bool                  // guarded by mu
}

func newRelay(target string) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: l, target: target, open: map[net.Conn]struct{}{}}
	go r.accept()
	return r, nil
}

func (r *relay) addr() string { return r.listener.Addr().String() }

func (r *relay) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.carry(conn)
	}
}

// carry passes on what both sides say until one of them ends.
func (r *relay) carry(near net.Conn) {
	if !r.keep(near) {
		return
	}
	defer r.drop(near)
	far, err := net.Dial("tcp", r.target)
	if err != nil || !r.keep(far) {
		return
	}
	defer r.drop(far)
	done := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(far, near); done <- struct{}{} }()
	go func() { _, _ = io.Copy(near, io.TeeReader(far, counter{&r.received})); done <- struct{}{} }()
	<-done
}

type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// keep is false, and the connection closed, while the line is cut.
func (r *relay) keep(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cut || r.closed {
		_ = c.Close()
		return false
	}
	r.open[c] = struct{}{}
	return true
}

func (r *relay) drop(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
	_ = c.Close()
}

// set cuts the line or mends it.
func (r *relay) set(cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = cut
	if cut {
		r.hangUp()
	}
}

func (r *relay) isCut() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cut
}

// hangUp ends all that runs over the line; the caller holds mu.
func (r *relay) hangUp() {
	for c := range r.open {
		_ = c.Close()
	}
}

func (r *relay) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.hangUp()
	if err := r.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
