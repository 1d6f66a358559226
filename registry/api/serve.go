package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/registry"
)

const (
	graceful  = 15 * time.Second
	maxInside = 1024 // connections of the inside listener
	// tickEvery is half the second within which what was acknowledged is to be
	// public; the other half is for making it so.
	tickEvery = 500 * time.Millisecond
	// DefaultConnections is how many connections the public listener keeps.
	DefaultConnections = 16384
)

// Listeners are where a node is served.
type Listeners struct {
	Public         net.Listener // TLS is put on it
	MaxConnections int          // of Public; 0 = DefaultConnections
	TLS            *tls.Config
	Local          net.Listener // the unix socket
	Inside         net.Listener // of the API for who has a token; TLS is put on it; nil = none
	Log            *slog.Logger
}

// Serve answers on both listeners, lets the node tick, follow its peers and tell them, until ctx ends; then it
// stops gracefully. It does not close the node.
func Serve(ctx context.Context, n *registry.Node, l Listeners) error {
	world := &traffic{gate: newGate(l.Public, cmp.Or(l.MaxConnections, DefaultConnections))}
	public := Server(public(n, l.Log, world), l.Log)
	public.ConnState = world.gate.follow
	local := Server(debugging(Local(n, l.Log), world, n.Ledger()), l.Log)
	local.WriteTimeout = 7 * time.Minute // a command may follow a slow partner, and is waited for 6
	stopping(local)
	servers := []*http.Server{public, local}
	failed := make(chan error, 3)
	go func() { failed <- public.Serve(tls.NewListener(world.gate, l.TLS)) }()
	go func() { failed <- local.Serve(l.Local) }()
	if l.Inside != nil {
		inside := Server(Inside(n, l.Log), l.Log)
		inside.WriteTimeout = local.WriteTimeout
		stopping(inside)
		servers = append(servers, inside)
		gated := newGate(l.Inside, maxInside)
		inside.ConnState = gated.follow
		go func() { failed <- inside.Serve(tls.NewListener(gated, l.TLS)) }()
	}
	following, leave := context.WithCancel(ctx)
	var rounds sync.WaitGroup
	rounds.Go(func() { n.Follow(following) })
	rounds.Go(func() { n.KeepCosigned(following) })
	rounds.Go(func() { n.Notify(following) })
	err := tick(ctx, n, failed, l.Log)
	leave()
	rounds.Wait()
	return errors.Join(err, stop(servers...))
}

// tick lets the node tick until ctx ends or a server fails. A fault that lasts
// is logged when it appears and not with every tick.
func tick(ctx context.Context, n *registry.Node, failed <-chan error, log *slog.Logger) error {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	fault := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-ticker.C:
		}
		now := ""
		if err := n.Tick(ctx); err != nil && ctx.Err() == nil {
			now = err.Error()
		}
		if now != "" && now != fault {
			log.Error("tick failed", "error", now)
		}
		fault = now
	}
}

// stop lets requests end. Whose reader is slow ends with the server: no reader
// keeps a node from stopping well.
func stop(servers ...*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), graceful)
	defer cancel()
	var errs error
	for _, s := range servers {
		err := s.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.Close()
		}
		errs = errors.Join(errs, err)
	}
	return errs
}

const (
	socketName    = "aeo.sock"
	socketPointer = "aeo.sock.path"
	// maxSocketPath is the longest path every kernel takes for a unix socket.
	maxSocketPath = 104
)

// SocketPath is where the socket of a node's directory is: DIR/aeo.sock, or the
// path DIR/aeo.sock.path names where that one would be too long.
func SocketPath(dir string) (string, error) {
	f, err := os.Open(filepath.Join(dir, socketPointer))
	if errors.Is(err, os.ErrNotExist) {
		return filepath.Join(dir, socketName), nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSocketPath+1))
	if err == nil && len(raw) > maxSocketPath {
		err = fmt.Errorf("%s names a path longer than %d bytes", f.Name(), maxSocketPath)
	}
	return string(raw), err
}

// A socket removes what was made for it when it is closed.
type socket struct {
	net.Listener
	made []string // files and directories, innermost first
}

func (s *socket) Close() error {
	err := s.Listener.Close()
	for _, name := range s.made {
		if gone := os.Remove(name); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// ListenSocket opens the socket of a node's directory, readable by its owner
// only. The caller holds the ledger's lock, so a socket left behind has no owner.
func ListenSocket(dir string) (net.Listener, error) {
	name, pointer := filepath.Join(dir, socketName), filepath.Join(dir, socketPointer)
	for _, old := range []string{name, pointer} {
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	if len(name) <= maxSocketPath {
		return listenUnix(name)
	}
	run, err := os.MkdirTemp(os.Getenv("XDG_RUNTIME_DIR"), "aeo-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the socket: %w", err)
	}
	name = filepath.Join(run, socketName)
	if err := os.WriteFile(pointer, []byte(name), 0o600); err != nil {
		return nil, err
	}
	l, err := listenUnix(name)
	if err != nil {
		return nil, err
	}
	return &socket{l, []string{pointer, run}}, nil
}

func listenUnix(name string) (net.Listener, error) {
	l, err := net.Listen("unix", name)
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}
