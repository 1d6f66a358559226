package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"golang.org/x/net/netutil"
)

const (
	maxConnections = 4096
	graceful       = 15 * time.Second
	tickEvery      = time.Second
)

// Listeners are where a node is served.
type Listeners struct {
	Public net.Listener // TLS is put on it
	TLS    *tls.Config
	Local  net.Listener // the unix socket
	Log    *slog.Logger
}

// Serve answers on both listeners and lets the node tick, until ctx ends; then it
// stops gracefully. It does not close the node.
func Serve(ctx context.Context, n *registry.Node, l Listeners) error {
	public := Server(Public(n, l.Log), l.Log)
	local := Server(Local(n, l.Log), l.Log)
	local.WriteTimeout = 5 * time.Minute // a command may follow a slow partner
	failed := make(chan error, 2)
	go func() {
		failed <- public.Serve(tls.NewListener(netutil.LimitListener(l.Public, maxConnections), l.TLS))
	}()
	go func() { failed <- local.Serve(l.Local) }()
	var err error
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for err == nil {
		select {
		case <-ctx.Done():
			return stop(public, local)
		case err = <-failed:
		case <-ticker.C:
			if err := n.Tick(ctx); err != nil && ctx.Err() == nil {
				l.Log.Error("tick failed", "error", err)
			}
		}
	}
	return errors.Join(err, stop(public, local))
}

func stop(servers ...*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), graceful)
	defer cancel()
	var errs error
	for _, s := range servers {
		errs = errors.Join(errs, s.Shutdown(ctx))
	}
	return errs
}

// maxSocketPath is the longest path the kernel takes for a unix socket.
const maxSocketPath = 104

// SocketPath is where the socket of a node's directory is: DIR/aeo.sock, or the
// path DIR/aeo.sock.path names where that one would be too long.
func SocketPath(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "aeo.sock.path"))
	if errors.Is(err, os.ErrNotExist) {
		return filepath.Join(dir, "aeo.sock"), nil
	}
	return string(raw), err
}

// ListenSocket opens the socket of a node's directory, readable by its owner only.
func ListenSocket(dir string) (net.Listener, error) {
	name := filepath.Join(dir, "aeo.sock")
	pointer := filepath.Join(dir, "aeo.sock.path")
	if err := os.Remove(pointer); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if len(name) > maxSocketPath {
		run, err := os.MkdirTemp(os.Getenv("XDG_RUNTIME_DIR"), "aeo-")
		if err != nil {
			return nil, fmt.Errorf("make a directory for the socket: %w", err)
		}
		name = filepath.Join(run, "aeo.sock")
		if err := os.WriteFile(pointer, []byte(name), 0o600); err != nil {
			return nil, err
		}
	}
	// The caller holds the ledger's lock, so a socket left behind has no owner.
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", name)
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}
