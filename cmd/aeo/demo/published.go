package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// publishedFiles copies over HTTP what a node serves into published/<code>, so
// that it can be read when the node is gone.
func (w *world) publishedFiles(s *site) error {
	dir := filepath.Join(w.dir, "published", s.code)
	f := fetcher{client: s.client(w), base: "https://" + s.host, dir: dir}
	files := map[string]string{
		"/.well-known/openid-federation": "entity-configuration.jwt",
		"/roster":                        "roster.json",
		"/.well-known/jwt-vc-issuer":     "jwt-vc-issuer.json",
		"/log/checkpoint":                "log/checkpoint",
	}
	for _, uri := range s.node.StatusLists() {
		path := strings.TrimPrefix(uri, "https://"+s.host)
		files[path] = "status-" + strings.TrimPrefix(path, "/status/") + ".jwt"
	}
	for path, name := range files {
		if err := f.copy(path, name); err != nil {
			return err
		}
	}
	key, err := s.logKey()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "vkey"), []byte(key.String()+"\n"), 0o600); err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(dir, "log", "checkpoint"))
	if err != nil {
		return err
	}
	cp, err := transparency.ParseCheckpoint(raw, key)
	if err != nil {
		return err
	}
	return f.copyTiles(cp.Size)
}

func (s *site) logKey() (*keys.VKey, error) {
	for _, e := range s.node.Keys() {
		if e.Role == keys.RoleLog {
			return keys.ParseVKey(e.VKey)
		}
	}
	return nil, errors.New("no log key")
}

func (s *site) client(w *world) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(s.ca))
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13, Time: w.clock.Now},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.addr)
		},
	}}
}

// A fetcher copies paths of one node into a directory.
type fetcher struct {
	client    *http.Client
	base, dir string
}

func (f fetcher) copy(path, name string) error {
	resp, err := f.client.Get(f.base + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 32<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", path, resp.StatusCode)
	}
	to := filepath.Join(f.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, raw, 0o600)
}

// copyTiles copies every tile and entry bundle of a log of that size.
func (f fetcher) copyTiles(size int64) error {
	for level := 0; size>>(8*level) > 0; level++ {
		if err := f.copyLevel(level, size>>(8*level)); err != nil {
			return err
		}
	}
	return f.copyLevel(-1, size)
}

func (f fetcher) copyLevel(level int, width int64) error {
	for n := int64(0); n*256 < width; n++ {
		t := tlog.Tile{H: 8, L: level, N: n, W: int(min(256, width-n*256))}
		path := transparency.TilePath(t)
		if err := f.copy("/log/"+path, "log/"+path); err != nil {
			return err
		}
	}
	return nil
}
