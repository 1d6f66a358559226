package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
)

// maxRoots bounds the file of roots that --tls-ca names.
const maxRoots = 1 << 20

// remote is the client for the node that --node names. What is asked there is asked
// by the account that is logged in.
func (a *app) remote() (*client, error) {
	u, err := url.Parse(a.nodeURL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return nil, fail(exitUsage, fmt.Errorf("--node %.80q, want https://HOST[:PORT]: a token is sent in no other way", a.nodeURL))
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, Proxy: http.ProxyFromEnvironment}
	if a.tlsCA != "" {
		if transport.TLSClientConfig.RootCAs, err = readRoots(a.tlsCA); err != nil {
			return nil, err
		}
	}
	if a.nodeDial != "" {
		transport.Proxy, transport.DialContext = nil, func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, a.nodeDial)
		}
	}
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a token goes to nobody else
	return &client{base: u.String(), dir: u.String(), token: token,
		http: &http.Client{Timeout: replyTimeout, Transport: transport, CheckRedirect: stay}}, nil
}

func readRoots(name string) (*x509.CertPool, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fail(exitFile, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxRoots))
	if err != nil {
		return nil, fail(exitFile, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fail(exitFile, errors.New(name+" holds no certificate"))
	}
	return pool, nil
}
